-- grain: one row per model × scope × tier × token kind × Region × context × validity
-- The price book and AWS's Price List, with the owner's own prices in place of both from the day they begin. The latest row from
-- a day on holds. Region '' is any: a row of the call's own Region goes before it. Long prompts have rows of their own.
WITH book AS (
    FROM read_csv(getvariable('price_book'), header = true, auto_detect = false, columns = {model: 'VARCHAR', provider: 'VARCHAR', "scope": 'VARCHAR',
        tier: 'VARCHAR', token_kind: 'VARCHAR', valid_from: 'DATE', valid_to: 'DATE', usd_per_mtok: 'DECIMAL(18,9)',
        source: 'VARCHAR', read_on: 'DATE'})
),
own AS (
    SELECT model, NULL AS provider, scope, tier, token_kind, '' AS region, 'standard' AS context, valid_from, NULL::DATE AS valid_to,
        usd_per_mtok, source, NULL::DATE AS read_on, 'override' AS origin
    FROM config.prices
),
listed AS (
    SELECT model, split_part(model, '.', 1) AS provider, scope, tier, token_kind, region, context, valid_from, NULL::DATE AS valid_to,
        min(usd_per_mtok)::DECIMAL(18,9) AS usd_per_mtok, 'AWS Price List: ' || min(service_code || ' ' || sku) AS source,
        max(published_at)::DATE AS read_on, 'price_list' AS origin
    FROM int_list_prices
    WHERE state IN ('used', 'long_context') AND token_kind IN ('input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output')
    GROUP BY ALL
),
-- A new date without a new price is no new price.
changed AS (
    FROM listed QUALIFY usd_per_mtok IS DISTINCT FROM lag(usd_per_mtok) OVER (
        PARTITION BY model, scope, tier, token_kind, region, context ORDER BY valid_from)
),
known AS (
    SELECT *, '' AS region, 'standard' AS context, 'book' AS origin FROM book UNION ALL BY NAME FROM changed
),
cut AS (
    SELECT k.* REPLACE (least(k.valid_to, o.valid_from) AS valid_to)
    FROM known k
    LEFT JOIN (SELECT model, scope, tier, token_kind, context, min(valid_from) AS valid_from FROM own GROUP BY ALL) o
        USING (model, scope, tier, token_kind, context)
    WHERE o.valid_from IS NULL OR k.valid_from < o.valid_from
)
SELECT * REPLACE (least(valid_to, lead(valid_from) OVER (
        PARTITION BY model, scope, tier, token_kind, region, context ORDER BY valid_from)) AS valid_to)
FROM (FROM cut UNION ALL BY NAME FROM own)
