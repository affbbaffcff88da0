-- table: tool_calls
-- grain: one row per tool call that an agent made
-- replaces: trace_id IN (FROM given_traces)
-- column span_id: span of the call
-- column task_id: task it served
-- column trace_id: W3C trace id
-- column agent_id: the agent that called
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task
-- column tool_name: name of the tool
-- column tool_version: version of the tool, as its span states it; NULL = not said
-- column day: calendar day of the call in the organisation's time zone
-- column started_at: start, UTC
-- column duration_ms: duration, ms; NULL where not measured
-- column status: ok, error, timeout, invalid_args, denied, empty
-- column error_type: error as reported
-- column is_retry: the call before it of the same tool by the same agent in the same trace did not work; NULL = whether it worked is not known
SELECT s.span_id, tt.task_id, s.trace_id, s.agent_id, version_of(s.agent_id, s.agent_version, t.agent_id, t.agent_version) AS agent_version, t.task_type,
    coalesce(t.environment, s.environment) AS environment,
    coalesce(s.tool_name, regexp_replace(s.name, '^execute_tool ', '')) AS tool_name,
    s.tool_version, s.day, s.started_at, s.duration_ms,
    s.outcome AS status, s.error_type,
    CASE WHEN row_number() OVER tries = 1 THEN false ELSE lag(s.outcome) OVER tries <> 'ok' END AS is_retry
FROM int_tool_calls s
LEFT JOIN int_task_traces tt USING (trace_id)
LEFT JOIN int_tasks t ON t.task_id = tt.task_id
WINDOW tries AS (PARTITION BY s.trace_id, s.agent_id, coalesce(s.tool_name, s.name) ORDER BY s.started_at, s.span_id)
