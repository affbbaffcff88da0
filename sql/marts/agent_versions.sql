-- table: agent_versions
-- grain: one row per agent × version
-- replaces: true
-- column agent_id: the agent
-- column version: version as the inventory or the telemetry states it
-- column first_seen_at: first task with it, UTC; without any, when the inventory says it was made
-- column last_seen_at: latest task with it, UTC; without any, the latest listing that showed it
-- column source: inventory where AWS lists the version, else telemetry
WITH ran AS (
    SELECT agent_id, agent_version AS version, min(started_at) AS first_at, max(started_at) AS last_at
    FROM mart.tasks WHERE agent_version IS NOT NULL GROUP BY ALL
),
listed AS (
    SELECT a.agent_id, v.version, min(v.valid_from) AS first_at, max(v.last_seen_at) AS last_at
    FROM int_inventory v
    JOIN int_inventory_agents a ON a.account_id = v.account_id AND a.region = v.region
        AND ((v.kind = 'runtime_version' AND a.kind = 'runtime' AND a.resource_id = v.parent_id)
            OR (v.kind = 'bedrock_alias' AND a.kind = 'bedrock_alias' AND a.resource_id = v.resource_id))
    WHERE v.version IS NOT NULL AND coalesce(a.is_agent, false)
    GROUP BY ALL
)
SELECT agent_id, version, coalesce(r.first_at, l.first_at) AS first_seen_at, coalesce(r.last_at, l.last_at) AS last_seen_at,
    CASE WHEN l.agent_id IS NULL THEN 'telemetry' ELSE 'inventory' END AS source
FROM ran r FULL JOIN listed l USING (agent_id, version) ORDER BY ALL
