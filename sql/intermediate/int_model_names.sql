-- grain: one row per name of a model in the price list or on the bill that is known to mean one model
-- A name is looked up in the curated list by its letters, digits and dots; a text that is a model id already is itself.
WITH curated AS (
    SELECT regexp_replace(replace(lower(name), '+', 'plus'), '[^a-z0-9.]', '', 'g') AS letters, model
    FROM read_csv(replace(getvariable('price_book'), 'prices.csv', 'price_names.csv'), header = true, auto_detect = false,
        columns = {name: 'VARCHAR', model: 'VARCHAR', source: 'VARCHAR'})
),
named AS (
    SELECT name FROM raw.list_prices UNION SELECT name FROM raw.bill_lines UNION SELECT service FROM raw.bill_days
    UNION SELECT model_name FROM int_usage_types UNION SELECT model_id FROM int_usage_types
),
lettered AS (
    SELECT name, regexp_replace(replace(lower(regexp_replace(name, ' *\(Amazon Bedrock Edition\)$', '')), '+', 'plus'), '[^a-z0-9.]', '', 'g') AS letters,
        regexp_matches(name, '^(ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.[a-z0-9.:-]+$') AS is_id
    FROM named WHERE name <> ''
)
SELECT l.name, coalesce(c.model, l.name) AS model
FROM lettered l LEFT JOIN curated c USING (letters)
WHERE c.model IS NOT NULL OR l.is_id
