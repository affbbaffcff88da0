-- message: These calls report token counts that are malformed or contradict themselves; their cost is marked as estimated.
SELECT call_id, model, uncached_input_tokens, cache_read_tokens FROM mart.model_calls WHERE usage_suspect
