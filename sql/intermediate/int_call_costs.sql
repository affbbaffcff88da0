-- grain: one row per model call
-- Tokens of each kind × the price valid when the call began, for the call's own model, scope and tier only. A kind with
-- tokens and no price leaves the call unpriced: never zero, never a neighbour's price.
WITH calls AS (
    SELECT c.call_id, c.started_at::DATE AS on_day, canonical_model(coalesce(a.model, c.model_id_raw)) AS model,
        model_scope(coalesce(a.model, c.model_id_raw)) AS scope, c.service_tier AS tier, c.throttled, c.usage_suspect, c.token_source,
        c.uncached_input_tokens AS input, c.cache_read_tokens AS cache_read,
        coalesce(c.cache_write_tokens, 0) - coalesce(c.cache_write_1h_tokens, 0) AS cache_write_5m,
        c.cache_write_1h_tokens AS cache_write_1h, c.output_tokens AS output,
        coalesce(c.cache_write_tokens, 0) > 0 AND c.cache_write_1h_tokens IS NULL AS lifetime_unknown
    FROM int_calls c LEFT JOIN config.model_aliases a ON a.alias = c.model_id_raw
),
kinds AS (
    UNPIVOT calls ON input, cache_read, cache_write_5m, cache_write_1h, output INTO NAME token_kind VALUE tokens
),
priced AS (
    SELECT k.call_id, k.tokens, p.usd_per_mtok
    FROM kinds k
    LEFT JOIN int_prices p ON p.model = k.model AND p.scope = k.scope AND p.tier = k.tier AND p.token_kind = k.token_kind
        AND k.on_day >= p.valid_from AND (p.valid_to IS NULL OR k.on_day < p.valid_to)
    WHERE k.tokens > 0
),
sums AS (
    SELECT call_id, sum(tokens * usd_per_mtok / 1000000)::DECIMAL(18,9) AS cost_usd, bool_or(usd_per_mtok IS NULL) AS lacks_price
    FROM priced GROUP BY call_id
)
SELECT c.call_id, c.model, c.scope AS model_scope,
    CASE WHEN s.lacks_price THEN NULL WHEN s.cost_usd IS NOT NULL THEN s.cost_usd
         WHEN c.throttled OR c.token_source IS NOT NULL THEN 0::DECIMAL(18,9) END AS cost_usd,
    CASE WHEN s.lacks_price OR (s.cost_usd IS NULL AND c.token_source IS NULL AND NOT c.throttled) THEN 'unpriced'
         WHEN c.lifetime_unknown OR c.usage_suspect OR c.token_source = 'agent_total' THEN 'estimated'
         ELSE 'priced' END AS price_state,
    CASE WHEN coalesce(c.cache_write_5m, 0) > 0 OR c.lifetime_unknown THEN c.cache_write_5m END AS cache_write_5m_tokens
FROM calls c LEFT JOIN sums s USING (call_id)
