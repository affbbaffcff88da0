-- What readiness reads beside the rest: waivers that people entered, the version of a tool, and when a baseline was measured.
CREATE TABLE raw.waivers (
    event_id VARCHAR NOT NULL, agent_id VARCHAR, criterion VARCHAR, until_day DATE, reason VARCHAR, waived_by VARCHAR, entered_at TIMESTAMP
);
ALTER TABLE raw.spans ADD COLUMN tool_version VARCHAR;
ALTER TABLE config.contracts ADD COLUMN baseline_on DATE;
