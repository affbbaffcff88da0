-- table: metric_definitions
-- grain: one row per meaning of a CloudWatch metric
-- replaces: true
-- column definition: the name that metric_points.definition carries
-- column meaning: what such a figure counts or measures, and what it must not be mixed with
SELECT definition, meaning
FROM read_csv(replace(getvariable('price_book'), 'prices.csv', 'metric_definitions.csv'), header = true, auto_detect = false,
    columns = {definition: 'VARCHAR', meaning: 'VARCHAR'})
ORDER BY definition
