-- grain: one row per tool call of the given traces
-- A tool's own word wins over the span's status: frameworks report a failed tool inside an OK span.
SELECT s.*, coalesce(s.own_agent_id, t.agent_id, 'unattributed') AS agent_id,
    CASE
        WHEN coalesce(regexp_matches(lower(s.error_type), 'timeout|timed.?out'), false) THEN 'timeout'
        WHEN coalesce(regexp_matches(lower(s.error_type), 'accessdenied|unauthor|forbidden|permission'), false) OR s.http_status IN (401, 403)
            THEN 'denied'
        WHEN coalesce(regexp_matches(lower(s.error_type), 'validation|invalid|badrequest|typeerror|valueerror|jsondecode'), false)
            OR s.http_status = 400 THEN 'invalid_args'
        WHEN s.tool_status IN ('timeout', 'invalid_args', 'denied', 'empty') THEN s.tool_status
        WHEN s.tool_status IN ('error', 'failed', 'failure') OR s.status = 'ERROR' OR s.http_status >= 400 THEN 'error'
        ELSE 'ok'
    END AS outcome
FROM stg_spans s LEFT JOIN int_traces t USING (trace_id)
WHERE s.operation = 'execute_tool'
