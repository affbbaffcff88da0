-- grain: one row per model call that spans report
-- Leaves only: a call that a provider's span reports below its framework's span is one call. Cache tokens, time to the
-- first token and the answering model come from the wrapper where the leaf is silent. A trace without any inference span
-- falls back to its outermost agent totals.
WITH leaves AS (
    SELECT s.*, w.cache_read_tokens AS wrap_cache_read, w.cache_write_tokens AS wrap_cache_write, w.ttft_ms AS wrap_ttft,
        w.input_is_gross AS wrap_gross, w.input_tokens AS wrap_input, w.output_tokens AS wrap_output,
        w.stop_reason AS wrap_stop, w.model_id_raw AS wrap_model, w.request_id AS wrap_request,
        w.model_requested AS wrap_requested, w.model_responded AS wrap_responded, 'span' AS counted_from
    FROM stg_spans s
    ANTI JOIN stg_spans child ON child.trace_id = s.trace_id AND child.parent_span_id = s.span_id AND child.is_inference
    LEFT JOIN stg_spans w ON w.trace_id = s.trace_id AND w.span_id = s.parent_span_id AND w.is_inference
    WHERE s.is_inference
),
totals AS (
    SELECT s.*, NULL AS wrap_cache_read, NULL AS wrap_cache_write, NULL AS wrap_ttft, NULL AS wrap_gross, NULL AS wrap_input,
        NULL AS wrap_output, NULL AS wrap_stop, NULL AS wrap_model, NULL AS wrap_request, NULL AS wrap_requested,
        NULL AS wrap_responded, 'agent_total' AS counted_from
    FROM stg_spans s
    ANTI JOIN stg_spans call ON call.trace_id = s.trace_id AND call.is_inference
    ANTI JOIN stg_spans outer_agent ON outer_agent.trace_id = s.trace_id AND outer_agent.span_id = s.parent_span_id
        AND outer_agent.operation = 'invoke_agent' AND outer_agent.input_tokens IS NOT NULL
    WHERE s.operation = 'invoke_agent' AND s.input_tokens IS NOT NULL
),
calls AS (
    SELECT c.*, coalesce(cache_read_tokens, wrap_cache_read) AS read_tokens, coalesce(cache_write_tokens, wrap_cache_write) AS write_tokens,
        coalesce(input_tokens, wrap_input) AS stated_input, coalesce(output_tokens, wrap_output) AS stated_output,
        coalesce(m.input_means, d.input_means) = 'gross' AS is_gross
    FROM (FROM leaves UNION ALL BY NAME FROM totals) c
    JOIN int_usage_modes d ON d.provider_family = '*'
        AND d.instrumentation = CASE WHEN c.dialect = 'claude_agent_sdk' THEN c.dialect
            WHEN coalesce(c.input_is_gross, c.wrap_gross, false) THEN 'otel_names' ELSE 'strands_names' END
    LEFT JOIN int_usage_modes m ON m.instrumentation = d.instrumentation
        AND m.provider_family = model_family(coalesce(c.model_id_raw, c.wrap_model))
)
SELECT coalesce(request_id, wrap_request, trace_id || ':' || span_id) AS call_id, coalesce(request_id, wrap_request) AS request_id,
    trace_id, span_id, own_agent_id, agent_version, environment, started_at, day, duration_ms, coalesce(ttft_ms, wrap_ttft) AS ttft_ms,
    coalesce(model_id_raw, wrap_model) AS model_id_raw, coalesce(model_requested, wrap_requested) AS model_requested,
    coalesce(model_responded, wrap_responded) AS model_responded, provider, region, account_id, service_tier,
    uncached_tokens(stated_input, read_tokens, write_tokens, is_gross) AS uncached_input_tokens,
    read_tokens AS cache_read_tokens, write_tokens AS cache_write_tokens, stated_output AS output_tokens,
    coalesce(usage_malformed, false) OR contradicts(stated_input, read_tokens, write_tokens, is_gross) AS usage_suspect,
    counted_from, coalesce(stop_reason, wrap_stop) AS stop_reason, error_type,
    coalesce(status = 'ERROR', false) OR coalesce(http_status >= 400, false) AS is_error, coalesce(throttled, false) AS throttled
FROM calls
QUALIFY row_number() OVER (PARTITION BY coalesce(request_id, wrap_request, trace_id || ':' || span_id)
    ORDER BY started_at, span_id) = 1
