-- feed: evaluation_configs
-- into: raw.evaluation_configs
-- key: account_id, region, config_id, updated_at
-- One row per version of an online evaluation configuration, parsed by the collector.
SELECT
    e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at, NULL::VARCHAR AS skip, NULL::VARCHAR AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, m.config_id, m.updated_at, m.config_name, m.status,
    m.execution_status, m.sampling_percentage, m.filters, m.session_timeout_minutes, m.service_name, m.evaluators, m.destination,
    m.metrics_namespace
FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {e: 'VARCHAR', m: 'STRUCT(
    config_id VARCHAR, updated_at TIMESTAMP, config_name VARCHAR, status VARCHAR, execution_status VARCHAR,
    sampling_percentage DOUBLE, filters INTEGER, session_timeout_minutes INTEGER, service_name VARCHAR, evaluators VARCHAR[],
    destination VARCHAR, metrics_namespace VARCHAR)'})
