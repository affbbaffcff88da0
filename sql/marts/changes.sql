-- table: changes
-- grain: one row per change of an agent, or of something several agents use
-- replaces: true
-- column change_id: id of the change
-- column agent_id: the agent; NULL where the change belongs to no single one
-- column changed_at: when, UTC
-- column kind: agent (another version serves), model, guardrail, config (a setting); as people record it also prompt, tool, threshold, data, price
-- column before_value: before; NULL = there was none
-- column after_value: after; NULL = removed
-- column resource: what changed: the endpoint, alias, profile, guardrail or runtime; NULL where only telemetry tells of it
-- column source: inventory, telemetry or people (recorded in the app)
WITH noted AS (FROM int_inventory_changes),
versions AS (
    SELECT agent_id, agent_version, min(started_at) AS first_at FROM mart.tasks WHERE agent_version IS NOT NULL GROUP BY ALL
),
shown AS (
    SELECT agent_id || '@' || agent_version AS change_id, agent_id, first_at AS changed_at, 'agent' AS kind,
        lag(agent_version) OVER (PARTITION BY agent_id ORDER BY first_at, agent_version) AS before_value, agent_version AS after_value,
        NULL AS resource, 'telemetry' AS source
    FROM versions QUALIFY before_value IS NOT NULL
)
FROM noted
UNION ALL BY NAME
SELECT event_id AS change_id, agent_id, changed_at, kind, before_value, after_value, resource, 'people' AS source
FROM raw.noted_changes
UNION ALL BY NAME
SELECT s.* FROM shown s
ANTI JOIN noted n ON n.kind = 'agent' AND n.agent_id = s.agent_id AND n.after_value = s.after_value
ORDER BY agent_id, changed_at, change_id
