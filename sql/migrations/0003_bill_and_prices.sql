-- What AWS charges by its own price list, and what it billed.
-- A `reading` says when a figure was stated and what it was: of two readings the greater, which is the later one, holds.
CREATE TABLE raw.list_prices (
    service_code VARCHAR NOT NULL, sku VARCHAR NOT NULL, rate_code VARCHAR NOT NULL, effective_from TIMESTAMP NOT NULL,
    region VARCHAR, usage_type VARCHAR, name VARCHAR, provider VARCHAR, unit VARCHAR, begin_range VARCHAR, end_range VARCHAR,
    reading STRUCT(published_at TIMESTAMP, usd DECIMAL(24,12))
);
CREATE TABLE raw.bill_days (
    account_id VARCHAR NOT NULL, day DATE NOT NULL, service VARCHAR NOT NULL, usage_type VARCHAR NOT NULL,
    reading STRUCT(read_at TIMESTAMP, usd DECIMAL(18,9), quantity DOUBLE, estimated BOOLEAN)
);
CREATE TABLE raw.bill_lines (
    export VARCHAR NOT NULL, billing_period VARCHAR NOT NULL, day DATE NOT NULL, account_id VARCHAR, payer_account_id VARCHAR,
    region VARCHAR, service VARCHAR NOT NULL, name VARCHAR, usage_type VARCHAR, line_type VARCHAR, role_name VARCHAR,
    caller_hash VARCHAR, resource_id VARCHAR, unit VARCHAR, usd DECIMAL(18,9), quantity DOUBLE, estimated BOOLEAN
);
