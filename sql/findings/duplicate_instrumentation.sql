-- severity: warning
-- wrong: Two instrumentations record the same model calls side by side: both spans lie under one parent, at the same time, for the same model.
-- unknown: spend, cost_per_task, token_mix, model_latency
-- fix: Keep one instrumentation in <subject>: uninstall the other, or set OTEL_PYTHON_DISABLED_INSTRUMENTATIONS to its name.
WITH chats AS (
    SELECT * FROM raw.spans
    WHERE operation = 'chat' AND parent_span_id IS NOT NULL AND dialect IS NOT NULL AND duration_ms IS NOT NULL
      AND started_at > (SELECT max(started_at) FROM raw.spans) - INTERVAL 7 DAY
)
SELECT a.account_id, a.region, coalesce(a.agent_runtime, a.service_name, 'an agent without a name') AS subject,
    count(*) || ' pairs in seven days, of ' || a.dialect || ' and ' || b.dialect AS evidence
FROM chats a
JOIN chats b ON b.trace_id = a.trace_id AND b.parent_span_id = a.parent_span_id AND a.dialect < b.dialect
    AND b.model_requested = a.model_requested
    AND b.started_at < a.started_at + to_milliseconds(a.duration_ms::BIGINT)
    AND a.started_at < b.started_at + to_milliseconds(b.duration_ms::BIGINT)
GROUP BY a.account_id, a.region, coalesce(a.agent_runtime, a.service_name, 'an agent without a name'), a.dialect, b.dialect
ORDER BY ALL
