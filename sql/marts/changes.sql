-- table: changes
-- grain: one row per change of an agent, or of something several agents use
-- replaces: true
-- column change_id: id of the change
-- column agent_id: the agent; NULL where the change belongs to no single one
-- column changed_at: when, UTC
-- column kind: agent (another version serves), model (also: another one answers behind the same name), guardrail, config (role, protocol, lifetimes and the like)
-- column before_value: before; NULL = there was none
-- column after_value: after; NULL = removed
-- column resource: what changed: the endpoint, alias, profile, guardrail, runtime or model name asked for; NULL where only telemetry tells of a version
-- column source: inventory or telemetry
WITH noted AS (FROM int_inventory_changes),
versions AS (
    SELECT agent_id, agent_version, min(started_at) AS first_at FROM mart.tasks WHERE agent_version IS NOT NULL GROUP BY ALL
),
shown AS (
    SELECT agent_id || '@' || agent_version AS change_id, agent_id, first_at AS changed_at, 'agent' AS kind,
        lag(agent_version) OVER (PARTITION BY agent_id ORDER BY first_at, agent_version) AS before_value, agent_version AS after_value,
        NULL AS resource, 'telemetry' AS source
    FROM versions QUALIFY before_value IS NOT NULL
),
-- Another model answers for the name that is asked for, whatever the caller deployed.
answers AS (
    SELECT agent_id, model_requested, model_answered, min(started_at) AS first_at FROM mart.model_calls
    WHERE model_requested IS NOT NULL AND model_answered IS NOT NULL GROUP BY ALL
),
swapped AS (
    SELECT concat_ws('@', agent_id, model_requested, model_answered) AS change_id, agent_id, first_at AS changed_at, 'model' AS kind,
        lag(model_answered) OVER (PARTITION BY agent_id, model_requested ORDER BY first_at, model_answered) AS before_value,
        model_answered AS after_value, model_requested AS resource, 'telemetry' AS source
    FROM answers QUALIFY before_value IS NOT NULL
)
FROM noted
UNION ALL BY NAME FROM swapped
UNION ALL BY NAME
SELECT s.* FROM shown s
ANTI JOIN noted n ON n.kind = 'agent' AND n.agent_id = s.agent_id AND n.after_value = s.after_value
ORDER BY agent_id, changed_at, change_id
