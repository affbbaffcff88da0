-- table: changes
-- grain: one row per change of an agent, or of something several agents use
-- replaces: true
-- column change_id: id of the change
-- column agent_id: the agent; NULL where the change belongs to no single one
-- column changed_at: when, UTC
-- column kind: agent (another version serves), model (also: another one answers behind the same name), guardrail, config (role, protocol, lifetimes and the like); as people record it also prompt, tool, threshold, data, price
-- column before_value: before; NULL = there was none
-- column after_value: after; NULL = removed
-- column resource: what changed: the endpoint, alias, profile, guardrail, runtime or model name asked for; NULL where only telemetry tells of a version
-- column source: inventory, telemetry or people (recorded in the app, or reported as agent.change events)
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
-- Another model answers for the name that is asked for, whatever the caller deployed: from one day that nearly all answers
-- came from one model to the next such day.
answers AS (
    SELECT agent_id, model_requested, model_answered, day, count(*) AS calls, min(started_at) AS first_at FROM mart.model_calls
    WHERE model_requested IS NOT NULL AND model_answered IS NOT NULL GROUP BY ALL
),
led AS (
    FROM answers QUALIFY calls >= 0.8 * sum(calls) OVER (PARTITION BY agent_id, model_requested, day)
),
turned AS (
    SELECT *, lag(model_answered) OVER led_days AS before_value, lag(day) OVER led_days AS day_before
    FROM led WINDOW led_days AS (PARTITION BY agent_id, model_requested ORDER BY day)
    QUALIFY before_value <> model_answered
),
swapped AS (
    SELECT concat_ws('@', t.agent_id, t.model_requested, t.model_answered, strftime(t.day, '%Y-%m-%d')) AS change_id, t.agent_id,
        min(a.first_at) AS changed_at, 'model' AS kind, t.before_value, t.model_answered AS after_value, t.model_requested AS resource,
        'telemetry' AS source
    FROM turned t
    JOIN answers a ON a.agent_id = t.agent_id AND a.model_requested = t.model_requested AND a.model_answered = t.model_answered
        AND a.day BETWEEN t.day_before AND t.day
    GROUP BY ALL
)
FROM noted
UNION ALL BY NAME FROM swapped
UNION ALL BY NAME
SELECT event_id AS change_id, agent_id, changed_at, kind, before_value, after_value, resource, 'people' AS source
FROM raw.noted_changes WHERE kind <> 'load'
UNION ALL BY NAME
SELECT s.* FROM shown s
ANTI JOIN noted n ON n.kind = 'agent' AND n.agent_id = s.agent_id AND n.after_value = s.after_value
ORDER BY agent_id, changed_at, change_id
