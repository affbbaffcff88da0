-- grain: one row per span of the given traces that has event records
-- What the event records of split delivery tell of a span, put together: of several, the last one that knows.
SELECT e.trace_id, e.span_id,
    arg_max(e.stop_reason, (e."at", e.body_sha256)) FILTER (e.stop_reason IS NOT NULL) AS stop_reason,
    arg_max(e.session_id, (e."at", e.body_sha256)) FILTER (e.session_id IS NOT NULL) AS session_id,
    arg_max(e.agent_name, (e."at", e.body_sha256)) FILTER (e.agent_name IS NOT NULL) AS agent_name,
    arg_max(e.tool_result, (e."at", e.body_sha256)) FILTER (e.tool_result IS NOT NULL) AS tool_result
FROM raw.span_events e SEMI JOIN given_traces g USING (trace_id)
GROUP BY e.trace_id, e.span_id
