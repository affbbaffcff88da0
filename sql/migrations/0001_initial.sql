-- The layout of a new warehouse: raw rows as landed, what the owner declared, and the collector's own book-keeping.
CREATE SCHEMA raw;
CREATE SCHEMA config;
CREATE SCHEMA ops;

CREATE TABLE raw.spans (
    trace_id VARCHAR NOT NULL, span_id VARCHAR NOT NULL, parent_span_id VARCHAR, session_id VARCHAR,
    name VARCHAR, kind VARCHAR, dialect VARCHAR, operation VARCHAR, source VARCHAR,
    account_id VARCHAR, region VARCHAR, agent_arn VARCHAR, agent_runtime VARCHAR, agent_name VARCHAR, agent_version VARCHAR,
    service_name VARCHAR, resource_arn VARCHAR, environment VARCHAR, task_key VARCHAR, task_type VARCHAR,
    end_user_hash VARCHAR, request_id VARCHAR, provider VARCHAR, model_requested VARCHAR, model_responded VARCHAR,
    service_tier VARCHAR, input_tokens BIGINT, output_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT,
    input_is_gross BOOLEAN, usage_malformed BOOLEAN, ttft_ms DOUBLE, stop_reason VARCHAR, tool_name VARCHAR, tool_status VARCHAR,
    status VARCHAR, error_type VARCHAR, http_status INTEGER, throttled BOOLEAN,
    started_at TIMESTAMP NOT NULL, duration_ms DOUBLE, in_progress BOOLEAN
);
CREATE TABLE raw.invocations (
    request_id VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, account_id VARCHAR, region VARCHAR, inference_region VARCHAR,
    operation VARCHAR, model_id_raw VARCHAR, principal_arn VARCHAR, metadata VARCHAR, uncached_input_tokens BIGINT,
    output_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT, cache_write_1h_tokens BIGINT,
    usage_source VARCHAR, usage_malformed BOOLEAN, latency_ms DOUBLE, ttft_ms DOUBLE, stop_reason VARCHAR, service_tier VARCHAR,
    error_code VARCHAR, guardrail VARCHAR, guardrail_action VARCHAR
);
CREATE TABLE raw.outcomes (
    event_id VARCHAR NOT NULL, supersedes VARCHAR, happened_at TIMESTAMP NOT NULL, observed_at TIMESTAMP, account_id VARCHAR, region VARCHAR,
    agent_name VARCHAR, agent_id VARCHAR, agent_version VARCHAR, environment VARCHAR, session_id VARCHAR, trace_id VARCHAR,
    task_key VARCHAR, task_type VARCHAR, outcome VARCHAR, accepted BOOLEAN, corrected BOOLEAN, escalated BOOLEAN,
    escalation_reason VARCHAR, escalation_target VARCHAR, confidence DOUBLE, guardrail_action VARCHAR, label_source VARCHAR,
    annotator VARCHAR, evaluation_name VARCHAR, score DOUBLE, score_label VARCHAR, inclusion_probability DOUBLE,
    reason_code VARCHAR, business_value DOUBLE, business_currency VARCHAR, human_baseline_minutes DOUBLE,
    human_review_minutes DOUBLE, segment VARCHAR, source VARCHAR
);
CREATE TABLE raw.metric_points (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, namespace VARCHAR NOT NULL, metric VARCHAR NOT NULL,
    dimensions VARCHAR NOT NULL, stat VARCHAR NOT NULL, period_s INTEGER NOT NULL, "at" TIMESTAMP NOT NULL, value DOUBLE, unit VARCHAR
);
-- What landed since the last build: which traces, calls and outcomes the next build looks at again.
CREATE TABLE raw.touched (kind VARCHAR NOT NULL, key VARCHAR NOT NULL);

CREATE TABLE config.org (key VARCHAR NOT NULL, value VARCHAR);
CREATE TABLE config.contracts (
    agent_id VARCHAR NOT NULL, agent_name VARCHAR, owner VARCHAR, team VARCHAR, purpose VARCHAR, "trigger" VARCHAR,
    done_when VARCHAR, task VARCHAR, success_rule VARCHAR, confidence_threshold DOUBLE, baseline_minutes DOUBLE,
    baseline_source VARCHAR, environment VARCHAR, max_task_hours DOUBLE
);
CREATE TABLE config.hosts (agent_id VARCHAR NOT NULL, host VARCHAR NOT NULL);
CREATE TABLE config.targets (
    agent_id VARCHAR NOT NULL, kpi VARCHAR NOT NULL, target DOUBLE, limit_kind VARCHAR, valid_from DATE, valid_to DATE
);
CREATE TABLE config.prices (
    model VARCHAR, scope VARCHAR, tier VARCHAR, token_kind VARCHAR, valid_from DATE, usd_per_mtok DECIMAL(18,9), source VARCHAR
);
CREATE TABLE config.model_aliases (alias VARCHAR NOT NULL, model VARCHAR NOT NULL);

CREATE TABLE ops.cursors (
    source VARCHAR NOT NULL, account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    reached_at TIMESTAMP, newest_event_at TIMESTAMP, late_p999_ms DOUBLE, updated_at TIMESTAMP
);
CREATE TABLE ops.collector_runs (
    run_id VARCHAR, source VARCHAR, account_id VARCHAR, region VARCHAR, scope VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP,
    window_from TIMESTAMP, window_to TIMESTAMP, status VARCHAR, rows_read BIGINT, rows_new BIGINT, rows_changed BIGINT,
    duplicates BIGINT, skipped BIGINT, rejects BIGINT, api_calls BIGINT, throttles BIGINT, bytes BIGINT,
    error_code VARCHAR, error_message VARCHAR, remedy VARCHAR, retry_helps BOOLEAN
);
CREATE TABLE ops.rejects (
    source VARCHAR, account_id VARCHAR, region VARCHAR, scope VARCHAR, reason VARCHAR, event_id VARCHAR, sample VARCHAR,
    seen_at TIMESTAMP
);
CREATE TABLE ops.check_results (
    check_name VARCHAR, severity VARCHAR, offenders BIGINT, sample VARCHAR, message VARCHAR, checked_at TIMESTAMP
);
CREATE TABLE ops.restatements (
    kpi VARCHAR, agent_id VARCHAR, day DATE, old_value DOUBLE, new_value DOUBLE, restated_at TIMESTAMP
);
CREATE TABLE ops.meta (key VARCHAR NOT NULL, value VARCHAR);
