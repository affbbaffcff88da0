-- grain: one row per resource of the inventory that is an agent, or that a contract names as an agent's host
-- A runtime is an agent once its protocol is known and is not MCP; a classic Bedrock agent is one by each of its aliases.
-- A contract that names the resource gives it its id.
WITH tags AS (SELECT account_id, region, replace(kind, '_tags', '') AS kind, resource_id, facts FROM int_inventory_now WHERE kind LIKE '%_tags'),
configs AS (
    SELECT account_id, region, resource_id, facts->>'$.protocol' AS protocol FROM int_inventory_now WHERE kind = 'runtime_config'
),
parents AS (SELECT account_id, region, resource_id, name FROM int_inventory_now WHERE kind = 'bedrock_agent'),
found AS (
    SELECT r.*, 'agentcore' AS host, r.resource_id AS own_id, r.name AS shown_name, c.protocol, c.protocol <> 'MCP' AS is_agent
    FROM int_inventory_now r LEFT JOIN configs c USING (account_id, region, resource_id) WHERE r.kind = 'runtime'
    UNION ALL
    SELECT a.*, 'bedrock_agent', a.facts->>'$.alias_id', p.name, NULL, a.facts->>'$.alias_id' <> 'TSTALIASID'
    FROM int_inventory_now a
    LEFT JOIN parents p ON p.account_id = a.account_id AND p.region = a.region AND p.resource_id = a.parent_id
    WHERE a.kind = 'bedrock_alias'
    UNION ALL
    SELECT f.*, CASE f.kind WHEN 'function' THEN 'lambda' ELSE 'stepfunctions' END, NULL, f.name, NULL, NULL
    FROM int_inventory_now f WHERE f.kind IN ('function', 'state_machine')
),
declared AS (
    SELECT f.account_id, f.region, f.kind, f.resource_id, min(h.agent_id) AS agent_id
    FROM found f JOIN config.hosts h ON h.host IN (f.arn, f.resource_id) OR starts_with(h.host, f.arn || '/runtime-endpoint/')
    GROUP BY ALL
)
SELECT f.account_id, f.region, f.kind, f.resource_id, coalesce(d.agent_id, f.own_id) AS agent_id, f.shown_name AS agent_name, f.host,
    f.arn, f.protocol, f.status, f.is_agent, f.valid_to AS in_inventory_until, t.facts->>'$.owner' AS owner,
    t.facts->>'$.team' AS team, t.facts->>'$."cost-center"' AS cost_center
FROM found f
LEFT JOIN declared d USING (account_id, region, kind, resource_id)
LEFT JOIN tags t ON t.account_id = f.account_id AND t.region = f.region
    AND ((t.kind = f.kind AND t.resource_id = f.resource_id) OR (f.kind = 'bedrock_alias' AND t.kind = 'bedrock_agent' AND t.resource_id = f.parent_id))
WHERE coalesce(d.agent_id, f.own_id) IS NOT NULL
