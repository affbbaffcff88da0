-- Agents on Step Functions and Lambda: executions, waits for people, and what each invocation used.
-- An execution that was listed is one record; read from a log group it is two, its beginning and its end.
CREATE TABLE raw.executions (
    execution_arn VARCHAR NOT NULL, record VARCHAR NOT NULL, recorded_at TIMESTAMP NOT NULL, account_id VARCHAR, region VARCHAR,
    state_machine_arn VARCHAR, version_arn VARCHAR, alias_arn VARCHAR, progress VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP,
    redrives INTEGER, transitions BIGINT, error_type VARCHAR
);
CREATE TABLE raw.execution_traces (
    execution_arn VARCHAR NOT NULL, trace_id VARCHAR NOT NULL, state_machine_arn VARCHAR, started_at TIMESTAMP NOT NULL,
    progress VARCHAR
);
CREATE TABLE raw.human_waits (
    execution_arn VARCHAR NOT NULL, event_id BIGINT NOT NULL, state VARCHAR, resource VARCHAR, submitted_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP, outcome VARCHAR
);
CREATE TABLE raw.lambda_reports (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, function_name VARCHAR NOT NULL, request_id VARCHAR NOT NULL,
    reported_at TIMESTAMP NOT NULL, function_version VARCHAR, architecture VARCHAR, duration_ms DOUBLE, billed_ms DOUBLE,
    memory_mb INTEGER, memory_used_mb INTEGER, init_ms DOUBLE, status VARCHAR, error_type VARCHAR, trace_id VARCHAR
);
