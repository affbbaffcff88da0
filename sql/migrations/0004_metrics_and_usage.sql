-- What a datapoint means where one name means several things, and AgentCore's resource usage by session and hour.
ALTER TABLE raw.metric_points ADD COLUMN service VARCHAR;
ALTER TABLE raw.metric_points ADD COLUMN definition VARCHAR;
ALTER TABLE raw.metric_points ADD COLUMN projection VARCHAR;
-- `logged_hour` is the hour of the log events themselves: a whole-hour window holds all of it, however late they came.
CREATE TABLE raw.usage_hours (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, session_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL, hour TIMESTAMP NOT NULL, logged_hour TIMESTAMP NOT NULL, agent_name VARCHAR,
    vcpu_hours DECIMAL(38,15), gb_hours DECIMAL(38,15), seconds DECIMAL(38,6), records BIGINT
);
