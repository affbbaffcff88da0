-- grain: one row per tool call of the given traces
-- A tool's own word wins over the span's status: frameworks report a failed tool inside an OK span. What a gateway's
-- policy refused is denied, whatever the framework made of it.
SELECT s.*, coalesce(s.own_agent_id, t.agent_id, 'unattributed') AS agent_id,
    CASE WHEN d.span_id IS NOT NULL THEN 'denied' ELSE call_outcome(s.error_type, s.http_status, s.tool_status, s.status) END AS outcome
FROM stg_spans s
LEFT JOIN int_traces t USING (trace_id)
LEFT JOIN int_denied_tools d ON d.trace_id = s.trace_id AND d.span_id = s.span_id
WHERE s.operation = 'execute_tool'
