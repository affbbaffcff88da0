-- table: guardrail_checks
-- grain: one row per model call × side × policy that a guardrail assessed
-- replaces: call_id IN (FROM given_calls)
-- column check_id: id of the check
-- column call_id: the model call
-- column task_id: its task
-- column agent_id: its agent
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task
-- column day: day of the call
-- column checked_at: start of the call, UTC
-- column source: input or output
-- column policy: topic, content, word, sensitive_information, contextual_grounding, automated_reasoning, unknown
-- column action: none, detected, masked, blocked
SELECT p.call_id || ':' || p.source || ':' || p.policy AS check_id, p.call_id, tt.task_id, c.agent_id,
    version_of(c.agent_id, c.agent_version, t.agent_id, t.agent_version) AS agent_version, t.task_type, coalesce(t.environment, c.environment) AS environment,
    c.day, c.started_at AS checked_at, p.source, p.policy, p.action
FROM int_guardrail_policies p
JOIN int_calls c USING (call_id)
LEFT JOIN int_task_traces tt ON tt.trace_id = c.trace_id
LEFT JOIN int_tasks t ON t.task_id = tt.task_id
