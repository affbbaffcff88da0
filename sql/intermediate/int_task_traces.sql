-- grain: one row per given trace that is (part of) a task
-- Which task a trace belongs to: itself, or the attempts of one business key or session where the contract says so.
SELECT t.*,
    CASE
        WHEN c.task = 'key' AND t.task_key IS NOT NULL THEN t.agent_id || '|' || t.task_key
        WHEN c.task = 'session' AND t.session_id IS NOT NULL THEN t.agent_id || '|' || t.session_id
        ELSE t.trace_id
    END AS task_id,
    coalesce(c.success_rule, 'verdict') AS success_rule, c.environment AS declared_environment,
    coalesce(c.max_task_hours, 24) AS max_task_hours, coalesce(c.agent_name, t.agent_name, t.agent_id) AS shown_name
FROM int_traces t
LEFT JOIN config.contracts c USING (agent_id)
WHERE t.is_task
