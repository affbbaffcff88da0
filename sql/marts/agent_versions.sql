-- table: agent_versions
-- grain: one row per agent × version
-- replaces: true
-- column agent_id: the agent
-- column version: version as the telemetry states it
-- column first_seen_at: first task with it, UTC
-- column last_seen_at: latest task with it, UTC
-- column source: where the version is known from
SELECT agent_id, agent_version AS version, min(started_at) AS first_seen_at, max(started_at) AS last_seen_at, 'telemetry' AS source
FROM mart.tasks WHERE agent_version IS NOT NULL GROUP BY ALL ORDER BY ALL
