-- feed: invocation_records
-- into: raw.invocations
-- key: request_id
-- One row per Bedrock model-invocation log record. Tokens in the order of trust: the record's own counts, then the
-- usage inside the answer's body, then NULL. The input count excludes cached tokens. Bodies are read and dropped here.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        schemaType VARCHAR, schemaVersion VARCHAR, "timestamp" VARCHAR, accountId VARCHAR, region VARCHAR, requestId VARCHAR,
        operation VARCHAR, modelId VARCHAR, inferenceRegion VARCHAR, identity STRUCT(arn VARCHAR), requestMetadata JSON,
        errorCode VARCHAR,
        "input" STRUCT(inputTokenCount VARCHAR, cacheReadInputTokenCount VARCHAR, cacheWriteInputTokenCount VARCHAR,
            inputBodyJson STRUCT(serviceTier STRUCT("type" VARCHAR))),
        "output" STRUCT(outputTokenCount VARCHAR, outputBodyJson JSON))'
    })
),
opened AS (
    SELECT t, i, e, m, m.output.outputBodyJson AS body,
        CASE WHEN json_type(m.output.outputBodyJson) = 'ARRAY'
             THEN json_extract(m.output.outputBodyJson, '$[#-1]."amazon-bedrock-invocationMetrics"') END AS stream,
        CASE WHEN json_type(m.output.outputBodyJson) = 'OBJECT' THEN json_extract(m.output.outputBodyJson, '$.usage') END AS usage,
        CASE WHEN json_type(m.output.outputBodyJson) = 'ARRAY'
             THEN json_extract_string(m.output.outputBodyJson, '$[*].delta.stop_reason') END AS stream_stops
    FROM records
),
usages AS (
    SELECT *,
        coalesce(m.input.inputTokenCount, usage->>'$.inputTokens', usage->>'$.input_tokens', usage->>'$.prompt_tokens',
            stream->>'$.inputTokenCount') AS input_text,
        coalesce(m.output.outputTokenCount, usage->>'$.outputTokens', usage->>'$.output_tokens', usage->>'$.completion_tokens',
            stream->>'$.outputTokenCount') AS output_text,
        coalesce(m.input.cacheReadInputTokenCount, usage->>'$.cacheReadInputTokens', usage->>'$.cache_read_input_tokens',
            stream->>'$.cacheReadInputTokenCount') AS cache_read_text,
        coalesce(m.input.cacheWriteInputTokenCount, usage->>'$.cacheWriteInputTokens', usage->>'$.cache_creation_input_tokens',
            stream->>'$.cacheWriteInputTokenCount') AS cache_write_text,
        coalesce(usage->>'$.cache_creation.ephemeral_1h_input_tokens',
            list_sum(list_transform(list_filter((usage->'$.cacheDetails')::STRUCT(ttl VARCHAR, inputTokens BIGINT)[],
                lambda d: d.ttl = '1h'), lambda d: d.inputTokens))::VARCHAR) AS write_1h_text,
        coalesce(json_extract(body, '$.trace.guardrail'), json_extract(body, '$."amazon-bedrock-trace".guardrail')) AS trace
    FROM opened
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    NULL::VARCHAR AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN m IS NULL THEN 'not_an_object'
        WHEN m.schemaType IS DISTINCT FROM 'ModelInvocationLog' OR coalesce(m.schemaVersion, '1.0') NOT LIKE '1.%' THEN 'unknown_schema'
        WHEN coalesce(m.requestId, '') = '' THEN 'missing_id'
        WHEN utc_timestamp(m."timestamp") IS NULL THEN 'missing_time'
        WHEN coalesce(m.modelId, '') = '' THEN 'missing_model'
    END AS reject,
    m.requestId AS request_id, utc_timestamp(m."timestamp") AS started_at, coalesce(m.accountId, getvariable('account_id')) AS account_id,
    coalesce(m.region, getvariable('region')) AS region, m.inferenceRegion AS inference_region, m.operation,
    m.modelId AS model_id_raw, m.identity.arn AS principal_arn,
    CASE WHEN json_type(m.requestMetadata) = 'OBJECT' THEN m.requestMetadata::VARCHAR END AS metadata,
    token_count(input_text) AS uncached_input_tokens, token_count(output_text) AS output_tokens,
    token_count(cache_read_text) AS cache_read_tokens, token_count(cache_write_text) AS cache_write_tokens,
    token_count(write_1h_text) AS cache_write_1h_tokens,
    CASE WHEN m.input.inputTokenCount IS NOT NULL OR m.output.outputTokenCount IS NOT NULL THEN 'record'
         WHEN usage IS NOT NULL THEN 'body' WHEN stream IS NOT NULL THEN 'stream' END AS usage_source,
    CASE WHEN token_malformed(input_text) OR token_malformed(output_text) OR token_malformed(cache_read_text)
        OR token_malformed(cache_write_text) THEN true END AS usage_malformed,
    try_cast(coalesce(body->>'$.metrics.latencyMs', stream->>'$.invocationLatency') AS DOUBLE) AS latency_ms,
    try_cast(stream->>'$.firstByteLatency' AS DOUBLE) AS ttft_ms,
    coalesce(body->>'$.stopReason', body->>'$.stop_reason', list_filter(stream_stops, lambda s: s IS NOT NULL)[1]) AS stop_reason,
    m.input.inputBodyJson.serviceTier."type" AS service_tier, m.errorCode AS error_code,
    CASE WHEN trace IS NOT NULL THEN guardrail_summary(trace)::VARCHAR END AS guardrail,
    CASE body->>'$."amazon-bedrock-guardrailAction"' WHEN 'INTERVENED' THEN 'intervened' WHEN 'NONE' THEN 'none' END AS guardrail_action
FROM usages
