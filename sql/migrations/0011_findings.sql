-- What the last examination of the account found.
CREATE TABLE ops.findings (
    code VARCHAR NOT NULL, severity VARCHAR NOT NULL, account_id VARCHAR, region VARCHAR, subject VARCHAR,
    wrong VARCHAR NOT NULL, evidence VARCHAR, unknown VARCHAR, fix VARCHAR NOT NULL, found_at TIMESTAMP NOT NULL
);
