-- message: A call has negative tokens or a negative cost. Please report it with the sample.
SELECT call_id, uncached_input_tokens, cost_usd FROM mart.model_calls
WHERE least(uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens) < 0 OR cost_usd < 0
