-- grain: one row per price dimension of the Price List and the day it holds from
-- `state` says whether the price is used. Only a token price whose model, kind and unit are known is; where the list gives two
-- prices for one thing at one time, neither is. Prices of the runtime endpoint go before those of another endpoint.
WITH listed AS (
    SELECT p.* EXCLUDE (reading, effective_from, provider), p.reading.usd AS usd, p.effective_from::DATE AS valid_from,
        p.reading.published_at AS published_at,
        max(p.reading.published_at) OVER (PARTITION BY p.service_code, p.region) AS newest_at,
        row_number() OVER (PARTITION BY p.service_code, p.sku, p.rate_code ORDER BY p.effective_from DESC) = 1 AS is_latest,
        CASE WHEN regexp_matches(lower(p.unit), '^(1k|1,?000|thousand) tokens?$') THEN 1000
             WHEN regexp_matches(lower(p.unit), '^(1m|million|1,?000,?000) tokens?$') THEN 1
             WHEN regexp_matches(lower(p.unit), '^tokens?$') THEN 1000000 END AS per_million,
        coalesce(u.what, 'none') AS what, u.tier, u.scope, u.token_kind, u.context, u.model_id IS NOT NULL AS is_mantle,
        coalesce(by_id.model, by_name.model, by_usage.model) AS model
    FROM raw.list_prices p
    LEFT JOIN int_usage_types u ON u.usage_type = p.usage_type
    LEFT JOIN int_model_names by_id ON by_id.name = u.model_id
    LEFT JOIN int_model_names by_name ON by_name.name = p.name
    LEFT JOIN int_model_names by_usage ON by_usage.name = u.model_name
),
judged AS (
    SELECT *, (usd * per_million)::DECIMAL(24,12) AS usd_per_mtok, is_latest AND published_at = newest_at AS is_listed,
        CASE WHEN what NOT IN ('none', 'tokens') THEN what
             WHEN per_million IS NULL OR service_code = 'AmazonBedrockAgentCore' THEN 'no_token_price'
             WHEN what = 'none' THEN 'unknown_usage'
             WHEN coalesce(begin_range, '0') <> '0' OR coalesce(end_range, 'Inf') <> 'Inf' THEN 'tiered'
             WHEN model IS NULL THEN 'unknown_model' END AS why_not
    FROM listed
),
met AS (
    SELECT *, is_mantle AND bool_or(NOT is_mantle AND why_not IS NULL) OVER same AS is_beaten FROM judged
    WINDOW same AS (PARTITION BY model, scope, tier, token_kind, context, region)
),
-- Prices of one thing that are listed side by side, or that begin on one day, must agree.
agreed AS (
    SELECT *,
        min(usd_per_mtok) FILTER (is_listed) OVER same IS DISTINCT FROM max(usd_per_mtok) FILTER (is_listed) OVER same
            OR min(usd_per_mtok) OVER same_day <> max(usd_per_mtok) OVER same_day AS is_ambiguous
    FROM met
    WINDOW same AS (PARTITION BY model, scope, tier, token_kind, context, region, why_not, is_beaten),
        same_day AS (PARTITION BY model, scope, tier, token_kind, context, region, why_not, is_beaten, valid_from)
)
SELECT service_code, sku, rate_code, region, usage_type, name, unit, begin_range, end_range, usd, valid_from,
    lead(valid_from) OVER (PARTITION BY service_code, sku, rate_code ORDER BY valid_from) AS valid_to, published_at, is_listed,
    model, scope, tier, token_kind, context, usd_per_mtok,
    CASE WHEN why_not IS NOT NULL THEN why_not WHEN is_beaten THEN 'other_endpoint' WHEN is_ambiguous THEN 'ambiguous'
         WHEN context = 'long' THEN 'long_context' ELSE 'used' END AS state
FROM agreed
