-- feed: metric_points
-- into: raw.metric_points
-- key: account_id, region, namespace, metric, dimensions, stat, period_s, at
-- time: at
-- CloudWatch datapoints: one row per series, statistic and period. A record is a stretch of one statistic of one series, its times
-- (epoch seconds) beside its values. Dimension sets are never summed over.
WITH records AS (
    SELECT e, m.* FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT("namespace" VARCHAR, metric VARCHAR,
        dimensions VARCHAR, stat VARCHAR, period_s INTEGER, unit VARCHAR, service VARCHAR, definition VARCHAR,
        projection VARCHAR, times BIGINT[], "values" DOUBLE[])'})
),
points AS (
    SELECT * EXCLUDE (times, "values"), unnest(times) AS time_s, unnest("values") AS value FROM records
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, make_timestamp(time_s * 1000000) AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN metric IS NULL OR time_s IS NULL THEN 'missing_id' WHEN value IS NULL THEN 'missing_value' END AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, namespace, metric, dimensions, stat, period_s,
    make_timestamp(time_s * 1000000) AS "at", value, unit, service, definition, projection
FROM points
