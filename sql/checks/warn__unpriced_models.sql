-- message: These models have no price here: their calls count as unpriced, not as free. Add [[prices]] to ledger.toml, or [models] for an inference profile.
SELECT model, count(*) AS calls, sum(coalesce(uncached_input_tokens, 0) + coalesce(output_tokens, 0)) AS tokens
FROM mart.model_calls WHERE price_state = 'unpriced' AND token_source IS NOT NULL GROUP BY model ORDER BY tokens DESC
