-- feed: segments
-- into: raw.spans
-- key: trace_id, span_id
-- time: started_at
-- touches: trace trace_id
-- least: in_progress, status
-- X-Ray segments and subsegments, flattened by the collector into rows: one span each.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(trace_id VARCHAR, span_id VARCHAR,
        parent_span_id VARCHAR, session_id VARCHAR, "name" VARCHAR, kind VARCHAR, origin VARCHAR, resource_arn VARCHAR,
        service_name VARCHAR, account_id VARCHAR, region VARCHAR, agent_name VARCHAR, agent_version VARCHAR, task_key VARCHAR,
        environment VARCHAR, operation VARCHAR, request_id VARCHAR, http_status INTEGER, status VARCHAR, error_type VARCHAR,
        throttled BOOLEAN, started_at TIMESTAMP, duration_ms DOUBLE, in_progress BOOLEAN, user_id_hash VARCHAR)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m.started_at AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN coalesce(m.trace_id, '') = '' OR coalesce(m.span_id, '') = '' THEN 'missing_id'
         WHEN m.started_at IS NULL THEN 'missing_start'
         WHEN m.duration_ms < 0 THEN 'negative_duration' END AS reject,
    m.trace_id, m.span_id, m.parent_span_id, m.session_id, m."name" AS name, m.kind, 'xray' AS dialect,
    m.operation, 'xray' AS source, coalesce(m.account_id, getvariable('account_id')) AS account_id,
    coalesce(m.region, getvariable('region')) AS region, NULL::VARCHAR AS agent_arn,
    nullif(regexp_extract(m.resource_arn, ':runtime/([^/]+)', 1), '') AS agent_runtime,
    m.agent_name, m.agent_version, m.service_name, m.resource_arn, m.environment, m.task_key, NULL::VARCHAR AS task_type,
    m.user_id_hash AS end_user_hash, m.request_id, NULL::VARCHAR AS provider, NULL::VARCHAR AS model_requested,
    NULL::VARCHAR AS model_responded, NULL::VARCHAR AS service_tier, NULL::BIGINT AS input_tokens,
    NULL::BIGINT AS output_tokens, NULL::BIGINT AS cache_read_tokens, NULL::BIGINT AS cache_write_tokens,
    NULL::BOOLEAN AS input_is_gross, NULL::BOOLEAN AS usage_malformed, NULL::DOUBLE AS ttft_ms, NULL::VARCHAR AS stop_reason,
    NULL::VARCHAR AS tool_name, NULL::VARCHAR AS tool_status, m.status, m.error_type, m.http_status,
    CASE WHEN m.throttled THEN true END AS throttled, m.started_at,
    CASE WHEN m.duration_ms > 0 THEN m.duration_ms END AS duration_ms, m.in_progress
FROM records
