-- feed: list_prices
-- into: raw.list_prices
-- key: service_code, sku, rate_code, effective_from
-- One row per price dimension of AWS's Price List and the date it holds from; what was ever listed stays. AWS may correct the
-- price of a date: `reading` begins with the time of publication, so the latest publication wins whatever came first.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(service_code VARCHAR, sku VARCHAR, rate_code VARCHAR,
        effective_from VARCHAR, published_at VARCHAR, region VARCHAR, usage_type VARCHAR, "name" VARCHAR, provider VARCHAR,
        unit VARCHAR, begin_range VARCHAR, end_range VARCHAR, usd VARCHAR)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, utc_timestamp(m.published_at) AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN m.sku IS NULL OR m.rate_code IS NULL THEN 'missing_id'
         WHEN utc_timestamp(m.effective_from) IS NULL THEN 'missing_time'
         WHEN try_cast(m.usd AS DECIMAL(24,12)) IS NULL THEN 'missing_price'
         WHEN try_cast(m.usd AS DECIMAL(24,12)) < 0 THEN 'negative_price' END AS reject,
    m.service_code, m.sku, m.rate_code, utc_timestamp(m.effective_from) AS effective_from, m.region, m.usage_type,
    m."name" AS name, m.provider, m.unit, m.begin_range, m.end_range,
    {'published_at': coalesce(utc_timestamp(m.published_at), utc_timestamp(m.effective_from)),
     'usd': try_cast(m.usd AS DECIMAL(24,12))} AS reading
FROM records
