-- grain: one row per decision that the inventory makes about telemetry
-- What the next build compares with the last one, to look again at exactly the records that a decision concerns.
SELECT 'version' AS rule, NULL AS account_id, agent_runtime AS subject, endpoint || ' ' || coalesce(version, 'unknown') AS value, valid_from FROM int_endpoint_versions
UNION ALL
SELECT 'tool_server', account_id, resource_id, facts->>'$.protocol', NULL FROM int_inventory_now
WHERE kind = 'runtime_config' AND facts->>'$.protocol' = 'MCP'
UNION ALL
SELECT 'profile', account_id, profile_arn, agent_id, NULL FROM int_profile_agents WHERE profile_arn IS NOT NULL AND agent_id IS NOT NULL
UNION ALL
SELECT 'model', account_id, profile_arn, model, NULL FROM int_profile_agents WHERE profile_arn IS NOT NULL AND model IS NOT NULL
UNION ALL
SELECT 'role', account_id, role_name, agent_id, NULL FROM int_role_agents
