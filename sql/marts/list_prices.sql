-- table: list_prices
-- grain: one row per price dimension of AWS's Price List and the day it holds from
-- replaces: true
-- column service_code: service code of the Price List
-- column sku: product
-- column rate_code: price dimension
-- column region: AWS Region
-- column usage_type: usage type, as on the bill
-- column name: name of the model or the product there
-- column unit: what is counted
-- column begin_range: first unit that it is for
-- column end_range: last unit that it is for; Inf = every further one
-- column usd: USD per unit
-- column valid_from: first day
-- column valid_to: first day it no longer holds; NULL = open
-- column published_at: latest publication that states it, UTC
-- column is_listed: it stands in the latest publication that was read
-- column model: canonical model id; NULL where the name is not known to mean one
-- column scope: regional or global; NULL where the usage type does not say
-- column tier: service tier
-- column token_kind: input, cache_read, cache_write_5m, cache_write_30m, cache_write_1h, output; NULL = no price of text tokens
-- column context: standard or long
-- column usd_per_mtok: USD per million tokens; NULL where no tokens are counted
-- column state: used, long_context, other_endpoint, ambiguous, unknown_model, unknown_usage, tiered, reserved, custom_model, other_modality, no_token_price
SELECT service_code, sku, rate_code, region, usage_type, name, unit, begin_range, end_range, usd, valid_from, valid_to, published_at,
    is_listed, model, scope, tier, token_kind, context, usd_per_mtok, state
FROM int_list_prices ORDER BY ALL
