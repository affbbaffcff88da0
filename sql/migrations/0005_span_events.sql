-- What spans say besides: the endpoint that answered, what a look-up asked for and found, what a policy or guardrail decided.
ALTER TABLE raw.spans ADD COLUMN endpoint VARCHAR;
ALTER TABLE raw.spans ADD COLUMN resource_id VARCHAR;
ALTER TABLE raw.spans ADD COLUMN results BIGINT;
ALTER TABLE raw.spans ADD COLUMN found BOOLEAN;
ALTER TABLE raw.spans ADD COLUMN decision VARCHAR;
ALTER TABLE raw.spans ADD COLUMN policy_mode VARCHAR;
ALTER TABLE raw.spans ADD COLUMN policies VARCHAR;
ALTER TABLE raw.spans ADD COLUMN trial_policies VARCHAR;
ALTER TABLE raw.spans ADD COLUMN decision_reason VARCHAR;
-- Latest moment seen of a span that its records never measure as a whole.
ALTER TABLE raw.spans ADD COLUMN last_seen_at TIMESTAMP;
-- Facts of the event records that split delivery writes beside the spans: never a text of a message.
CREATE TABLE raw.span_events (
    trace_id VARCHAR NOT NULL, span_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, body_sha256 VARCHAR NOT NULL,
    event_name VARCHAR, scope_name VARCHAR, account_id VARCHAR, region VARCHAR, agent_runtime VARCHAR, agent_name VARCHAR,
    session_id VARCHAR, stop_reason VARCHAR, messages BIGINT, tool_calls BIGINT, roles VARCHAR, tool_result VARCHAR
);
