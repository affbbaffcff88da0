-- grain: one row per change that two states of one resource, one after the other, show
-- Only what an agent's results may depend on; a new status or description alone is no change.
WITH states AS (
    SELECT *, kind || ' ' || resource_id AS resource,
        row_number() OVER w > 1 AS has_before, lag(version) OVER w AS version_before, lag(facts) OVER w AS facts_before
    FROM int_inventory
    WINDOW w AS (PARTITION BY account_id, region, kind, resource_id ORDER BY valid_from)
),
served AS (
    SELECT r.account_id, r.region, 'runtime' AS owner_kind, v.agent_runtime AS owner_id,
        'runtime_endpoint ' || v.agent_runtime || '/' || v.endpoint AS resource, v.valid_from, 'agent' AS kind,
        lag(v.version) OVER (PARTITION BY v.agent_runtime, v.endpoint ORDER BY v.valid_from) AS before_value, v.version AS after_value
    FROM int_endpoint_versions v JOIN int_inventory_now r ON r.kind = 'runtime' AND r.resource_id = v.agent_runtime
    QUALIFY before_value IS NOT NULL
    UNION ALL
    SELECT account_id, region, 'bedrock_alias', resource_id, resource, valid_from, 'agent', version_before, version
    FROM states WHERE kind = 'bedrock_alias' AND has_before
    UNION ALL
    SELECT account_id, region, 'function', parent_id, resource, valid_from, 'agent',
        version_before || coalesce(' ' || (facts_before->>'$.weights'), ''), version || coalesce(' ' || (facts->>'$.weights'), '')
    FROM states WHERE kind = 'function_alias' AND has_before
    UNION ALL
    SELECT account_id, region, 'function', resource_id, resource, valid_from, 'agent',
        left(facts_before->>'$.code_sha256', 12), left(facts->>'$.code_sha256', 12)
    FROM states WHERE kind = 'function' AND has_before
),
kept AS (
    SELECT account_id, region, 'runtime' AS owner_kind, resource_id AS owner_id, resource, valid_from, 'config' AS kind,
        json_extract_string(facts_before, k) AS before_value, json_extract_string(facts, k) AS after_value, k AS part
    FROM (SELECT *, unnest(['role', 'protocol', 'network', 'idle_timeout_s', 'max_lifetime_s', 'platform']) AS k FROM states
          WHERE kind = 'runtime_config' AND has_before)
    UNION ALL
    SELECT account_id, region, 'bedrock_agent', resource_id, resource, valid_from,
        CASE k WHEN 'model' THEN 'model' WHEN 'guardrail' THEN 'guardrail' ELSE 'config' END, json_extract_string(facts_before, k), json_extract_string(facts, k), k
    FROM (SELECT *, unnest(['model', 'guardrail', 'role', 'idle_ttl_s', 'orchestration']) AS k FROM states
          WHERE kind = 'bedrock_agent_config' AND has_before)
    UNION ALL
    SELECT account_id, region, 'inference_profile', resource_id, resource, valid_from, 'model', json_extract_string(facts_before, 'models'),
        json_extract_string(facts, 'models'), 'models'
    FROM states WHERE kind = 'inference_profile' AND has_before
    UNION ALL
    SELECT account_id, region, 'guardrail', parent_id, resource, valid_from, 'guardrail', NULL, version, 'version'
    FROM states WHERE kind = 'guardrail_version' AND NOT has_before AND valid_from = updated_at
    UNION ALL
    SELECT account_id, region, 'guardrail', resource_id, resource, valid_from, 'guardrail', updated_before, updated_at::VARCHAR, 'draft'
    FROM (SELECT *, lag(updated_at) OVER (PARTITION BY account_id, region, kind, resource_id ORDER BY valid_from)::VARCHAR AS updated_before
          FROM states) WHERE kind = 'guardrail' AND has_before
),
owners AS (
    SELECT account_id, region, kind AS owner_kind, resource_id AS owner_id, agent_id FROM int_inventory_agents WHERE coalesce(is_agent, true)
    UNION ALL
    SELECT a.account_id, a.region, 'bedrock_agent', n.parent_id, a.agent_id FROM int_inventory_agents a
    JOIN int_inventory_now n USING (account_id, region, kind, resource_id) WHERE a.kind = 'bedrock_alias' AND a.is_agent
    UNION ALL
    SELECT account_id, region, 'inference_profile', profile_id, agent_id FROM int_profile_agents WHERE agent_id IS NOT NULL
),
found AS (SELECT *, '' AS part FROM served UNION ALL BY NAME FROM kept)
SELECT concat_ws('@', f.account_id, f.region, f.resource, nullif(f.part, ''), o.agent_id, strftime(f.valid_from, '%Y-%m-%dT%H:%M:%S')) AS change_id,
    o.agent_id, f.valid_from AS changed_at, f.kind, f.before_value, f.after_value, f.resource, 'inventory' AS source
FROM found f LEFT JOIN owners o USING (account_id, region, owner_kind, owner_id)
WHERE f.before_value IS DISTINCT FROM f.after_value
    AND (o.agent_id IS NOT NULL OR f.owner_kind IN ('inference_profile', 'guardrail'))
