-- table: org
-- grain: one setting of the organisation or fact about this file
-- column key: name: name, timezone, currency, kind, layout, published_at, data_through_at, newest_event_at
-- column value: value as text; times are UTC
CREATE TABLE IF NOT EXISTS out.org (
    key VARCHAR,
    value VARCHAR
)
