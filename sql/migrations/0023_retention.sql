-- Days older than the raw rows are kept: sealed. Their parts and facts of tasks stay as they were; see docs/decisions.
-- Nothing that started before the greatest `before_at` is built from raw rows any more.
CREATE SCHEMA sealed;
CREATE TABLE sealed.days (
    day DATE NOT NULL, before_at TIMESTAMP NOT NULL, timezone VARCHAR, definitions VARCHAR, tasks BIGINT, sealed_at TIMESTAMP,
    verdicts_at TIMESTAMP
);
CREATE TABLE sealed.traces (
    trace_id VARCHAR NOT NULL, task_id VARCHAR, agent_id VARCHAR, agent_runtime VARCHAR, session_id VARCHAR, task_key VARCHAR,
    started_at TIMESTAMP, last_at TIMESTAMP
);
CREATE TABLE sealed.tasks (
    task_id VARCHAR NOT NULL, trace_id VARCHAR, agent_id VARCHAR, agent_name VARCHAR, agent_version VARCHAR, session_id VARCHAR,
    task_key VARCHAR, task_type VARCHAR, environment VARCHAR, end_user_hash VARCHAR, sealed_day DATE, started_at TIMESTAMP,
    ended_at TIMESTAMP, duration_ms DOUBLE, root_ok BOOLEAN, root_error BOOLEAN, cancelled BOOLEAN, is_instrumented BOOLEAN,
    attempts BIGINT, has_calls BOOLEAN, model_calls BIGINT, model_errors BIGINT, priced_calls BIGINT, estimated_calls BIGINT,
    cost_usd DECIMAL(18,9), uncached_input_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT,
    output_tokens BIGINT, tool_calls BIGINT, tool_errors BIGINT
);
CREATE TABLE sealed.task_agents (
    task_id VARCHAR NOT NULL, acting_agent_id VARCHAR, acting_agent_name VARCHAR, is_root BOOLEAN, exclusive_ms DOUBLE,
    model_calls BIGINT, priced_calls BIGINT, cost_usd DECIMAL(38,9), uncached_input_tokens BIGINT, cache_read_tokens BIGINT,
    output_tokens BIGINT, tool_calls BIGINT, tool_errors BIGINT
);
-- What the reconciliation, the agents and their names need of calls and spans that are gone.
CREATE TABLE sealed.calls (
    day DATE, account_id VARCHAR, model VARCHAR, calls BIGINT, unpriced_calls BIGINT, estimated_usd DECIMAL(18,9)
);
CREATE TABLE sealed.agents (agent_id VARCHAR, first_at TIMESTAMP, last_at TIMESTAMP);
CREATE TABLE sealed.hosts (
    account_id VARCHAR, region VARCHAR, agent_runtime VARCHAR, agent_name VARCHAR, agent_arn VARCHAR, resource_arn VARCHAR,
    service_name VARCHAR, operation VARCHAR
);
