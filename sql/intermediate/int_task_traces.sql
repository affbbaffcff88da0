-- grain: one row per given trace that is (part of) a task
-- Which task a trace belongs to: itself, or the attempts of one business key or session where the contract says so.
-- A version that no span states is the one that the agent's endpoint served when the trace began.
SELECT t.* REPLACE (coalesce(t.agent_version, v.version) AS agent_version),
    CASE
        WHEN c.task = 'key' AND t.task_key IS NOT NULL THEN t.agent_id || '|' || t.task_key
        WHEN c.task = 'session' AND t.session_id IS NOT NULL THEN t.agent_id || '|' || t.session_id
        ELSE t.trace_id
    END AS task_id,
    coalesce(c.success_rule, 'verdict') AS success_rule, c.environment AS declared_environment,
    coalesce(c.max_task_hours, 24) AS max_task_hours, coalesce(c.agent_name, t.agent_name, t.agent_id) AS shown_name
FROM int_traces t
LEFT JOIN config.contracts c USING (agent_id)
ASOF LEFT JOIN int_endpoint_versions v
    ON v.agent_runtime = t.agent_runtime AND v.endpoint = t.endpoint AND t.started_at >= v.valid_from
WHERE t.is_task
