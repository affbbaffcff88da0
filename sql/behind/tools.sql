-- The tool calls behind a number: `amount` adds up to its numerator (of a time it is the call's own), `base` to its denominator.
SELECT trace_id || '/' || span_id AS row_id, task_id, agent_id, started_at AS happened_at, coalesce(tool_name, 'unknown') AS what,
    CASE $kpi WHEN 'tool_latency' THEN duration_ms WHEN 'tool_failures' THEN (status <> 'ok')::INTEGER ELSE (status = 'ok')::INTEGER
    END::DOUBLE AS amount,
    CASE WHEN $kpi <> 'tool_latency' THEN 1.0::DOUBLE END AS base
FROM tool_calls
WHERE :scope AND CASE $kpi WHEN 'tool_latency' THEN duration_ms IS NOT NULL WHEN 'tool_first_try' THEN status IS NOT NULL AND NOT is_retry
    ELSE status IS NOT NULL END
