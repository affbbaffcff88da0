-- grain: one row per model × scope × tier × token kind × validity
-- The price book, with the owner's own prices in place of it from the day they begin. The latest row from a day on holds.
WITH book AS (
    FROM read_csv(getvariable('price_book'), header = true, columns = {model: 'VARCHAR', provider: 'VARCHAR', "scope": 'VARCHAR',
        tier: 'VARCHAR', token_kind: 'VARCHAR', valid_from: 'DATE', valid_to: 'DATE', usd_per_mtok: 'DECIMAL(18,9)',
        source: 'VARCHAR', read_on: 'DATE'})
),
own AS (
    SELECT model, NULL AS provider, scope, tier, token_kind, valid_from, NULL::DATE AS valid_to, usd_per_mtok, source,
        NULL::DATE AS read_on, 'override' AS origin
    FROM config.prices
),
cut AS (
    SELECT b.* REPLACE (least(b.valid_to, o.valid_from) AS valid_to), 'book' AS origin
    FROM book b
    LEFT JOIN (SELECT model, scope, tier, token_kind, min(valid_from) AS valid_from FROM own GROUP BY ALL) o
        USING (model, scope, tier, token_kind)
    WHERE o.valid_from IS NULL OR b.valid_from < o.valid_from
)
SELECT * REPLACE (least(valid_to, lead(valid_from) OVER (
        PARTITION BY model, scope, tier, token_kind ORDER BY valid_from)) AS valid_to)
FROM (FROM cut UNION ALL BY NAME FROM own)
