-- table: task_traces
-- grain: one row per trace that is (part of) a task
-- replaces: trace_id IN (FROM given_traces)
-- column trace_id: W3C trace id
-- column task_id: its task
-- column agent_id: the agent that owns it
-- column session_id: session of the trace
-- column task_key: business key of the trace
SELECT trace_id, task_id, agent_id, session_id, task_key FROM int_task_traces
UNION ALL
SELECT trace_id, task_id, agent_id, session_id, task_key FROM int_sealed_traces WHERE task_id IS NOT NULL
