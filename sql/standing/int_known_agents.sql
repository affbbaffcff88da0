-- grain: one row per agent id and name under which it is known
-- Who an invocation's metadata may mean: declared agents first, then those seen on spans, then those of the inventory.
-- Reads raw, sealed and config tables only: it is also asked before anything is built. Of the spans only where some
-- invocation has metadata: nothing else asks who was seen.
WITH seen AS (
    SELECT DISTINCT account_id, region, agent_runtime, agent_name FROM raw.spans
    SEMI JOIN (SELECT true AS asked FROM raw.invocations WHERE metadata IS NOT NULL LIMIT 1) ON asked
    WHERE agent_runtime IS NOT NULL OR agent_name IS NOT NULL
    UNION
    SELECT account_id, region, agent_runtime, agent_name FROM sealed.hosts
    WHERE agent_runtime IS NOT NULL OR agent_name IS NOT NULL
)
SELECT agent_id, agent_name, 1 AS rank FROM config.contracts WHERE agent_name IS NOT NULL
UNION
SELECT agent_runtime, coalesce(chosen_name(agent_name), regexp_replace(agent_runtime, '-[A-Za-z0-9]{10}$', '')), 2
FROM seen WHERE agent_runtime IS NOT NULL
UNION
SELECT account_id || '/' || region || '/' || chosen_name(agent_name), chosen_name(agent_name), 3
FROM seen WHERE agent_runtime IS NULL AND chosen_name(agent_name) IS NOT NULL
UNION
SELECT r.resource_id, r.name, 4
FROM raw.inventory r
JOIN raw.inventory c ON c.account_id = r.account_id AND c.region = r.region AND c.resource_id = r.resource_id
WHERE r.kind = 'runtime' AND c.kind = 'runtime_config' AND r.name IS NOT NULL
GROUP BY r.resource_id, r.name
HAVING arg_max(c.facts->>'$.protocol', (c.last_seen_at, c.state_sha)) <> 'MCP'
