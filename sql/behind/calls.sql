-- The model calls behind a number: `amount` adds up to its numerator (of a time it is the call's own), `base` to its denominator.
WITH scoped AS (
    SELECT *, coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
            + coalesce(cache_write_1h_tokens, 0) AS input_tokens
    FROM model_calls WHERE :scope
),
told AS (
    SELECT call_id AS row_id, task_id, agent_id, started_at AS happened_at, coalesce(model, 'unknown') AS what,
        CASE $kpi
            WHEN 'spend' THEN true
            WHEN 'cache_savings' THEN cache_savings_usd IS NOT NULL
            WHEN 'token_mix' THEN coalesce(uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                output_tokens) IS NOT NULL
            WHEN 'cache_hit_rate' THEN uncached_input_tokens IS NOT NULL AND cache_read_tokens IS NOT NULL
            WHEN 'error_rate' THEN is_error IS NOT NULL
            WHEN 'throttle_rate' THEN throttled IS NOT NULL
            WHEN 'guardrail_intervention_rate' THEN guardrail_assessed
            WHEN 'model_latency' THEN duration_ms IS NOT NULL
            WHEN 'time_to_first_token' THEN ttft_ms IS NOT NULL
        END AS counted,
        CASE $kpi
            WHEN 'spend' THEN cost_usd
            WHEN 'cache_savings' THEN cache_savings_usd
            WHEN 'token_mix' THEN input_tokens + coalesce(output_tokens, 0)
            WHEN 'cache_hit_rate' THEN cache_read_tokens
            WHEN 'error_rate' THEN is_error::INTEGER
            WHEN 'throttle_rate' THEN throttled::INTEGER
            WHEN 'guardrail_intervention_rate' THEN (guardrail_action IN ('masked', 'blocked', 'intervened'))::INTEGER
            WHEN 'model_latency' THEN duration_ms
            WHEN 'time_to_first_token' THEN ttft_ms
        END::DOUBLE AS amount,
        CASE $kpi
            WHEN 'token_mix' THEN input_tokens + coalesce(output_tokens, 0)
            WHEN 'cache_hit_rate' THEN input_tokens
            WHEN 'spend' THEN NULL WHEN 'cache_savings' THEN NULL WHEN 'model_latency' THEN NULL WHEN 'time_to_first_token' THEN NULL
            ELSE 1
        END::DOUBLE AS base
    FROM scoped
)
SELECT * EXCLUDE counted FROM told WHERE counted
