-- grain: one row per model call, tool call and agent start of the traces in which several agents work
-- The nearest agent start above it; for a call whose own span begins an agent, that one. Where a parent is missing, the
-- trace's root agent acts (start_span_id NULL).
WITH RECURSIVE several AS (SELECT DISTINCT trace_id FROM int_agent_starts),
wanted AS (
    SELECT 'model_call' AS what, c.trace_id, c.span_id, c.span_id AS at_span_id FROM int_calls c SEMI JOIN several USING (trace_id)
    UNION ALL SELECT 'tool_call', c.trace_id, c.span_id, c.span_id FROM int_tool_calls c SEMI JOIN several USING (trace_id)
    UNION ALL SELECT 'start', trace_id, span_id, parent_span_id FROM int_agent_starts
),
-- UNION, not UNION ALL: spans that name each other as parents end the walk.
climb AS (
    SELECT what, trace_id, span_id, at_span_id FROM wanted
    UNION
    SELECT c.what, c.trace_id, c.span_id, s.parent_span_id
    FROM climb c
    JOIN stg_spans s ON s.trace_id = c.trace_id AND s.span_id = c.at_span_id
    ANTI JOIN int_agent_starts a ON a.trace_id = c.trace_id AND a.span_id = c.at_span_id
)
SELECT c.what, c.trace_id, c.span_id, max(a.span_id) AS start_span_id
FROM climb c LEFT JOIN int_agent_starts a ON a.trace_id = c.trace_id AND a.span_id = c.at_span_id
GROUP BY ALL
