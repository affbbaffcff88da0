-- grain: one row per given task that is known from its sealed facts
-- The task as it was when its spans went, with the contract's present word: events that come later still count for it.
SELECT s.*, coalesce(c.success_rule, 'verdict') AS success_rule, c.environment AS declared_environment,
    coalesce(c.max_task_hours, 24) AS max_task_hours, coalesce(c.agent_name, s.agent_name, s.agent_id) AS shown_name
FROM sealed.tasks s
SEMI JOIN (SELECT task_id FROM sealed.traces SEMI JOIN given_traces USING (trace_id)) t USING (task_id)
LEFT JOIN config.contracts c USING (agent_id)
