-- grain: one row per account × role that exactly one agent uses
-- Everything that runs under a role counts as a user of it, agent or not, now or earlier: a shared role names nobody.
WITH users AS (
    SELECT account_id, region, CASE kind WHEN 'runtime_config' THEN 'runtime' ELSE 'function' END AS kind, resource_id,
        facts->>'$.role' AS role_arn
    FROM int_inventory WHERE kind IN ('runtime_config', 'function')
    UNION
    SELECT c.account_id, c.region, 'bedrock_alias', coalesce(a.resource_id, c.resource_id), c.facts->>'$.role'
    FROM int_inventory c
    LEFT JOIN int_inventory_now a ON a.kind = 'bedrock_alias' AND a.account_id = c.account_id AND a.region = c.region
        AND a.parent_id = c.resource_id AND a.facts->>'$.alias_id' <> 'TSTALIASID'
    WHERE c.kind = 'bedrock_agent_config'
),
agents AS (SELECT * FROM int_inventory_agents WHERE coalesce(is_agent, true)),
uses AS (
    SELECT split_part(u.role_arn, ':', 5) AS account_id, regexp_extract(u.role_arn, '[^/]+$') AS role_name, a.agent_id,
        coalesce(a.agent_id, u.kind || ' ' || u.account_id || '/' || u.region || '/' || u.resource_id) AS used_by
    FROM users u LEFT JOIN agents a ON a.account_id = u.account_id AND a.region = u.region AND a.kind = u.kind AND a.resource_id = u.resource_id
    WHERE u.role_arn IS NOT NULL
)
SELECT account_id, role_name, any_value(agent_id) AS agent_id FROM uses
GROUP BY account_id, role_name HAVING count(DISTINCT used_by) = 1 AND any_value(agent_id) IS NOT NULL
