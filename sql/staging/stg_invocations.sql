-- grain: one row per given invocation record
-- Bedrock's own record of a call, with the convention keys of its request metadata.
SELECT i.*,
    json_extract_string(i.metadata, '$.agent_name') AS meta_agent_name,
    coalesce(json_extract_string(i.metadata, '$.agent_id'), NULL) AS meta_agent_id,
    json_extract_string(i.metadata, '$.agent_version') AS meta_agent_version,
    json_extract_string(i.metadata, '$.env') AS meta_environment,
    regexp_extract(i.principal_arn, 'assumed-role/([^/]+)', 1) AS role_name
FROM raw.invocations i SEMI JOIN given_requests g USING (request_id)
