-- What the listings of an account said: one row per resource × state × day, and one row of kind `listing` per listing.
CREATE TABLE raw.inventory (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, kind VARCHAR NOT NULL, resource_id VARCHAR NOT NULL,
    state_sha VARCHAR NOT NULL, seen_on DATE NOT NULL, parent_id VARCHAR, name VARCHAR, arn VARCHAR, version VARCHAR,
    status VARCHAR, updated_at TIMESTAMP, facts VARCHAR, first_seen_at TIMESTAMP NOT NULL, last_seen_at TIMESTAMP NOT NULL
);
