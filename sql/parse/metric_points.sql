-- feed: metric_points
-- into: raw.metric_points
-- key: account_id, region, namespace, metric, dimensions, stat, period_s, at
-- CloudWatch datapoints: one row per series, statistic and period. Dimension sets are never summed over.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(account_id VARCHAR, region VARCHAR,
        "namespace" VARCHAR, metric VARCHAR, dimensions VARCHAR, stat VARCHAR, period_s INTEGER, "at" TIMESTAMP,
        "value" DOUBLE, unit VARCHAR)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m."at" AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN m.metric IS NULL OR m."at" IS NULL THEN 'missing_id' WHEN m."value" IS NULL THEN 'missing_value' END AS reject,
    coalesce(m.account_id, getvariable('account_id')) AS account_id, coalesce(m.region, getvariable('region')) AS region,
    m."namespace" AS namespace, m.metric, m.dimensions, m.stat, m.period_s, m."at", m."value" AS value, m.unit
FROM records
