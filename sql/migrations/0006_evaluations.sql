-- What a judge says besides its score, and the judges themselves: evaluators and the configurations that run them.
ALTER TABLE raw.outcomes ADD COLUMN judged_key VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN judged_span_id VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN judge_error BOOLEAN;
ALTER TABLE raw.outcomes ADD COLUMN error_type VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN throttled BOOLEAN;
ALTER TABLE raw.outcomes ADD COLUMN evaluator_arn VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN evaluation_level VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN evaluation_config VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN evaluation_channel VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN evaluation_score DOUBLE;
ALTER TABLE raw.outcomes ADD COLUMN rating_scale VARCHAR;
ALTER TABLE raw.outcomes ADD COLUMN service_name VARCHAR;

CREATE TABLE raw.evaluators (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, evaluator_arn VARCHAR NOT NULL, updated_at TIMESTAMP NOT NULL,
    evaluator_name VARCHAR, evaluator_type VARCHAR, provider VARCHAR, level VARCHAR, status VARCHAR,
    rating_scale VARCHAR, scale_min DOUBLE, scale_max DOUBLE, polarity VARCHAR, judge_model VARCHAR
);
CREATE TABLE raw.evaluation_configs (
    account_id VARCHAR NOT NULL, region VARCHAR NOT NULL, config_id VARCHAR NOT NULL, updated_at TIMESTAMP NOT NULL,
    config_name VARCHAR, status VARCHAR, execution_status VARCHAR, sampling_percentage DOUBLE, filters INTEGER,
    session_timeout_minutes INTEGER, service_name VARCHAR, evaluators VARCHAR[], destination VARCHAR, metrics_namespace VARCHAR
);
