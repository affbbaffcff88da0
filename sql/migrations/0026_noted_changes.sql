-- Changes that people record in the app: what no inventory shows.
CREATE TABLE raw.noted_changes (
    event_id VARCHAR NOT NULL, agent_id VARCHAR, changed_at TIMESTAMP, kind VARCHAR, before_value VARCHAR, after_value VARCHAR,
    resource VARCHAR, noted_at TIMESTAMP, noted_by VARCHAR
);
