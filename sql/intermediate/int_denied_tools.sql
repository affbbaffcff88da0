-- grain: one row per tool call of an agent that an enforced policy refused at the gateway
-- The agent's own span of the call is the one above the gateway's; where the spans do not hang together, the latest one of
-- that tool in the same trace that was running.
WITH RECURSIVE denied AS (
    SELECT trace_id, span_id, parent_span_id, started_at, lower(tool_name) AS tool_name,
        lower(regexp_replace(tool_name, '^.*___', '')) AS short_name
    FROM int_policy_decisions WHERE decision = 'DENY' AND policy_mode = 'ENFORCE'
),
above AS (
    SELECT d.trace_id, d.span_id AS decided, s.span_id, s.parent_span_id, s.operation
    FROM denied d JOIN stg_spans s ON s.trace_id = d.trace_id AND s.span_id = d.parent_span_id
    UNION
    SELECT a.trace_id, a.decided, s.span_id, s.parent_span_id, s.operation
    FROM above a JOIN stg_spans s ON s.trace_id = a.trace_id AND s.span_id = a.parent_span_id
    WHERE a.operation <> 'execute_tool'
),
hanging AS (SELECT trace_id, decided, span_id FROM above WHERE operation = 'execute_tool'),
named AS (
    SELECT d.trace_id, d.span_id AS decided, arg_max(s.span_id, (s.started_at, s.span_id)) AS span_id
    FROM denied d
    ANTI JOIN hanging h ON h.trace_id = d.trace_id AND h.decided = d.span_id
    JOIN stg_spans s ON s.trace_id = d.trace_id AND s.operation = 'execute_tool'
        AND lower(s.tool_name) IN (d.tool_name, d.short_name) AND s.started_at <= d.started_at
        AND coalesce(s.started_at + to_microseconds(round(s.duration_ms * 1000)::BIGINT) >= d.started_at, true)
    GROUP BY d.trace_id, d.span_id
)
SELECT DISTINCT trace_id, span_id FROM hanging
UNION
SELECT DISTINCT trace_id, span_id FROM named
