-- table: changes
-- grain: one row per change of an agent
-- replaces: true
-- column change_id: id of the change
-- column agent_id: the agent
-- column changed_at: when, UTC
-- column kind: agent
-- column before_value: before
-- column after_value: after
WITH versions AS (
    SELECT agent_id, agent_version, min(started_at) AS first_at FROM mart.tasks WHERE agent_version IS NOT NULL GROUP BY ALL
)
SELECT agent_id || '@' || agent_version AS change_id, agent_id, first_at AS changed_at, 'agent' AS kind,
    lag(agent_version) OVER (PARTITION BY agent_id ORDER BY first_at, agent_version) AS before_value, agent_version AS after_value
FROM versions
QUALIFY before_value IS NOT NULL
ORDER BY agent_id, changed_at
