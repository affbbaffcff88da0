-- feed: bill_days
-- into: raw.bill_days
-- key: account_id, day, service, usage_type
-- time: day
-- One row per billed day, service and usage type, as Cost Explorer last stated it. The bill of a day is restated for weeks, up or
-- down: `reading` begins with the time of asking, so the latest answer wins whatever came first. Every answer has a row
-- 'other' for each of its days: a line that is missing from the latest answer of its day is not on the bill any more.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(account_id VARCHAR, "day" DATE, service VARCHAR,
        usage_type VARCHAR, read_at TIMESTAMP, usd VARCHAR, quantity DOUBLE, estimated BOOLEAN)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m."day"::TIMESTAMP AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN m."day" IS NULL OR m.service IS NULL THEN 'missing_id' WHEN try_cast(m.usd AS DECIMAL(18,9)) IS NULL THEN 'missing_value' END AS reject,
    coalesce(m.account_id, getvariable('account_id')) AS account_id, m."day" AS day, m.service, coalesce(m.usage_type, '') AS usage_type,
    {'read_at': m.read_at, 'usd': try_cast(m.usd AS DECIMAL(18,9)), 'quantity': m.quantity, 'estimated': m.estimated} AS reading
FROM records
