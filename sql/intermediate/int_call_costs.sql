-- grain: one row per model call
-- Tokens of each kind × the price valid when the call began, for the call's own model, scope, tier and Region only; a price for any
-- Region stands in where the Region has none. A kind with tokens and no price leaves the call unpriced: never zero, never a
-- neighbour's price. What the cache saved: its tokens at the price of plain input, less what they cost (below 0 where writing cost more
-- than reading saved); NULL where nobody says what was read from it or a price is missing. A prompt beyond 200,000 tokens of a model that has a price for long prompts costs more than is known.
WITH calls AS (
    SELECT c.call_id, c.started_at::DATE AS on_day, canonical_model(coalesce(a.model, c.model_id_raw)) AS model,
        model_scope(coalesce(a.model, c.model_id_raw)) AS scope, c.service_tier AS tier, c.region, c.throttled, c.usage_suspect, c.token_source,
        c.uncached_input_tokens AS input, c.cache_read_tokens AS cache_read,
        coalesce(c.cache_write_tokens, 0) - coalesce(c.cache_write_1h_tokens, 0) AS cache_write_5m,
        c.cache_write_1h_tokens AS cache_write_1h, c.output_tokens AS output,
        coalesce(c.cache_write_tokens, 0) > 0 AND c.cache_write_1h_tokens IS NULL AS lifetime_unknown,
        coalesce(c.uncached_input_tokens, 0) + coalesce(c.cache_read_tokens, 0) + coalesce(c.cache_write_tokens, 0) > 200000 AS is_long
    FROM int_calls c LEFT JOIN int_model_aliases a ON a.alias = c.model_id_raw
),
prices AS (FROM int_prices WHERE context = 'standard'),
kinds AS (
    UNPIVOT calls ON input, cache_read, cache_write_5m, cache_write_1h, output INTO NAME token_kind VALUE tokens
),
priced AS (
    SELECT k.call_id, k.token_kind, k.tokens, coalesce(here.usd_per_mtok, p.usd_per_mtok) AS usd_per_mtok
    FROM kinds k
    LEFT JOIN prices here ON here.model = k.model AND here.scope = k.scope AND here.tier = k.tier AND here.token_kind = k.token_kind
        AND here.region = k.region AND k.on_day >= here.valid_from AND (here.valid_to IS NULL OR k.on_day < here.valid_to)
    LEFT JOIN prices p ON p.model = k.model AND p.scope = k.scope AND p.tier = k.tier AND p.token_kind = k.token_kind
        AND p.region = '' AND k.on_day >= p.valid_from AND (p.valid_to IS NULL OR k.on_day < p.valid_to)
    WHERE k.tokens > 0 OR k.token_kind = 'input'
),
sums AS (
    SELECT call_id, sum(tokens * usd_per_mtok / 1000000)::DECIMAL(18,9) AS cost_usd,
        coalesce(bool_or(usd_per_mtok IS NULL) FILTER (tokens > 0), false) AS lacks_price,
        any_value(usd_per_mtok) FILTER (token_kind = 'input') AS input_price,
        coalesce(sum(tokens) FILTER (token_kind LIKE 'cache%'), 0) AS cached,
        coalesce(sum(tokens * usd_per_mtok) FILTER (token_kind LIKE 'cache%'), 0) AS cached_price
    FROM priced GROUP BY call_id
),
-- Input or output that the model is priced for, but that nobody counted: what the call cost is not known.
uncounted AS (
    SELECT DISTINCT c.call_id
    FROM calls c
    JOIN prices p ON p.model = c.model AND p.scope = c.scope AND p.tier = c.tier AND p.region IN ('', c.region)
        AND c.on_day >= p.valid_from AND (p.valid_to IS NULL OR c.on_day < p.valid_to)
    WHERE (p.token_kind = 'input' AND c.input IS NULL) OR (p.token_kind = 'output' AND c.output IS NULL)
),
judged AS (
    SELECT c.*, s.cost_usd AS known_usd,
        CASE WHEN c.cache_read IS NOT NULL THEN ((s.input_price * s.cached - s.cached_price) / 1000000)::DECIMAL(18,9) END AS saved_usd,
        c.is_long AND l.model IS NOT NULL AS surcharge_unknown,
        CASE WHEN s.lacks_price THEN true WHEN c.throttled AND c.token_source IS NULL THEN false
             ELSE u.call_id IS NOT NULL OR c.token_source IS NULL END AS unpriced
    FROM calls c LEFT JOIN sums s USING (call_id) LEFT JOIN uncounted u USING (call_id)
    LEFT JOIN (SELECT DISTINCT model FROM int_prices WHERE context = 'long') l ON l.model = c.model
)
SELECT c.call_id, c.model, c.scope AS model_scope,
    CASE WHEN NOT c.unpriced THEN coalesce(c.known_usd, 0::DECIMAL(18,9)) END AS cost_usd,
    CASE WHEN c.unpriced THEN 'unpriced'
         WHEN c.lifetime_unknown OR c.usage_suspect OR c.surcharge_unknown OR c.token_source = 'agent_total' THEN 'estimated'
         ELSE 'priced' END AS price_state,
    CASE WHEN NOT c.unpriced THEN c.saved_usd END AS cache_savings_usd,
    CASE WHEN coalesce(c.cache_write_5m, 0) > 0 OR c.lifetime_unknown THEN c.cache_write_5m END AS cache_write_5m_tokens
FROM judged c
