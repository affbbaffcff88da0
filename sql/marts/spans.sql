-- table: spans
-- grain: one row per span or X-Ray segment
-- replaces: trace_id IN (FROM given_traces)
-- column trace_id: W3C trace id
-- column span_id: span id
-- column parent_span_id: parent, which may lie outside what is visible
-- column task_id: task of the trace
-- column session_id: session
-- column agent_id: the agent it belongs to
-- column name: name of the span
-- column operation: what it does: invoke_agent, chat, execute_tool, embeddings, task, cycle, server, gateway, policy, memory, retrieval, guardrail, other
-- column kind: SERVER, CLIENT, INTERNAL …
-- column dialect: which instrumentation wrote it
-- column day: calendar day of its start in the organisation's time zone
-- column started_at: start, UTC
-- column duration_ms: duration, ms; NULL where not measured
-- column status: OK, ERROR or NULL (not said)
-- column error_type: error as reported
SELECT s.trace_id, s.span_id, s.parent_span_id, tt.task_id, s.session_id, coalesce(s.own_agent_id, t.agent_id) AS agent_id, s.name,
    coalesce(s.operation, CASE WHEN s.kind = 'SERVER' THEN 'server' ELSE 'other' END) AS operation, s.kind, s.dialect, s.day,
    s.started_at, s.duration_ms, s.status, s.error_type
FROM stg_spans s
LEFT JOIN int_traces t USING (trace_id)
LEFT JOIN int_task_traces tt USING (trace_id)
