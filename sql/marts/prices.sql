-- table: prices
-- grain: one row per model × scope × tier × token kind × Region × context × validity
-- replaces: true
-- column model: canonical model id
-- column provider: who makes the model
-- column scope: regional or global
-- column tier: service tier
-- column token_kind: input, cache_read, cache_write_5m, cache_write_1h, output
-- column region: Region whose calls it is for; '' = any Region that has no row of its own
-- column context: standard, or long: for long prompts only, and not used for any call
-- column valid_from: first day
-- column valid_to: first day it no longer holds; NULL = open
-- column usd_per_mtok: USD per million tokens
-- column source: where the price was read
-- column read_on: when it was read, or published
-- column origin: override, price_list or book: the first of them that has a price holds
SELECT model, provider, scope, tier, token_kind, region, context, valid_from, valid_to, usd_per_mtok, source, read_on, origin
FROM int_prices ORDER BY ALL
