-- What AWS charges for reading, and how the budget slowed it.
ALTER TABLE ops.collector_runs ADD COLUMN charged_usd DOUBLE;
ALTER TABLE ops.collector_runs ADD COLUMN slowed_to_s BIGINT;
ALTER TABLE ops.collector_runs ADD COLUMN called VARCHAR;
CREATE TABLE ops.api_usage (
    day DATE NOT NULL, source VARCHAR NOT NULL, account_id VARCHAR NOT NULL, region VARCHAR NOT NULL,
    operation VARCHAR NOT NULL, calls BIGINT NOT NULL, units BIGINT, usd DOUBLE
);
