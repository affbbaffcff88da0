-- grain: one row per span of the given traces
-- What a span says of itself, with the agent it names: a declared host, else the runtime in its ARN, else its own name.
WITH hosts AS (SELECT host, min(agent_id) AS agent_id FROM config.hosts GROUP BY host),
named AS (
    SELECT s.*,
        coalesce(chosen_name(s.agent_name), CASE WHEN s.operation = 'invoke_agent' AND s.agent_runtime IS NULL THEN chosen_name(s.service_name) END) AS own_name,
        regexp_replace(s.agent_runtime, '-[A-Za-z0-9]{10}$', '') AS runtime_name
    FROM raw.spans s SEMI JOIN given_traces g USING (trace_id)
)
SELECT s.* EXCLUDE (agent_name, runtime_name, own_name),
    coalesce(by_arn.agent_id, by_name.agent_id, s.agent_runtime,
        CASE WHEN s.own_name IS NOT NULL THEN s.account_id || '/' || s.region || '/' || s.own_name END) AS own_agent_id,
    coalesce(s.own_name, s.runtime_name) AS agent_name,
    by_arn.agent_id IS NOT NULL OR by_name.agent_id IS NOT NULL AS on_declared_host,
    s.operation IN ('chat', 'embeddings') AS is_inference,
    coalesce(s.model_responded, s.model_requested) AS model_id_raw,
    local_day(s.started_at) AS day
FROM named s
LEFT JOIN hosts by_arn ON by_arn.host = s.resource_arn
LEFT JOIN hosts by_name ON by_name.host = s.service_name
