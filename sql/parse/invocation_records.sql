-- feed: invocation_records
-- into: raw.invocations
-- key: request_id
-- time: started_at
-- touches: request request_id
-- One row per Bedrock model-invocation log record. Tokens in the order of trust: the record's own counts, Bedrock's own
-- count of a stream, the usage that the model states in its answer, NULL. The input count excludes cached tokens.
-- Bodies are read and dropped here; a body that lies in S3 leaves what only a body tells unknown.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        schemaType VARCHAR, schemaVersion VARCHAR, "timestamp" VARCHAR, accountId VARCHAR, region VARCHAR, requestId VARCHAR,
        operation VARCHAR, modelId VARCHAR, inferenceRegion VARCHAR, identity STRUCT(arn VARCHAR), requestMetadata JSON,
        errorCode VARCHAR,
        "input" STRUCT(inputTokenCount VARCHAR, cacheReadInputTokenCount VARCHAR, cacheWriteInputTokenCount VARCHAR,
            inputBodyJson STRUCT(serviceTier STRUCT("type" VARCHAR), service_tier VARCHAR)),
        "output" STRUCT(outputTokenCount VARCHAR, outputBodyJson JSON))'
    })
),
-- An answer is one object, a streamed one a list of events, which may end in the text "[DONE]": both become lists of one shape.
opened AS (
    SELECT t, i, e, m, utc_timestamp(m."timestamp") AS started_at, starts_with(body, '[') AS streamed,
        from_json(CASE WHEN starts_with(body, '[') THEN body ELSE '[' || body || ']' END,
            '[{"usage":{"inputTokens":"VARCHAR","outputTokens":"VARCHAR","cacheReadInputTokens":"VARCHAR",
                "cacheWriteInputTokens":"VARCHAR","cacheReadInputTokenCount":"VARCHAR","cacheWriteInputTokenCount":"VARCHAR",
                "cacheDetails":[{"ttl":"VARCHAR","inputTokens":"BIGINT"}],"input_tokens":"VARCHAR","output_tokens":"VARCHAR",
                "cache_read_input_tokens":"VARCHAR","cache_creation_input_tokens":"VARCHAR",
                "cache_creation":{"ephemeral_1h_input_tokens":"VARCHAR"},"prompt_tokens":"VARCHAR",
                "completion_tokens":"VARCHAR","prompt_tokens_details":{"cached_tokens":"VARCHAR"}},
              "message":{"usage":{"input_tokens":"VARCHAR","output_tokens":"VARCHAR","cache_read_input_tokens":"VARCHAR",
                "cache_creation_input_tokens":"VARCHAR","cache_creation":{"ephemeral_1h_input_tokens":"VARCHAR"}}},
              "metadata":{"usage":{"inputTokens":"VARCHAR","outputTokens":"VARCHAR","cacheReadInputTokens":"VARCHAR",
                "cacheWriteInputTokens":"VARCHAR","cacheDetails":[{"ttl":"VARCHAR","inputTokens":"BIGINT"}]},
                "metrics":{"latencyMs":"VARCHAR"},"trace":{"guardrail":"JSON"},"serviceTier":{"type":"VARCHAR"}},
              "amazon-bedrock-invocationMetrics":{"inputTokenCount":"VARCHAR","outputTokenCount":"VARCHAR",
                "cacheReadInputTokenCount":"VARCHAR","cacheWriteInputTokenCount":"VARCHAR","invocationLatency":"VARCHAR",
                "firstByteLatency":"VARCHAR"},
              "inputTextTokenCount":"VARCHAR","totalOutputTextTokenCount":"VARCHAR","prompt_token_count":"VARCHAR",
              "generation_token_count":"VARCHAR","results":[{"tokenCount":"VARCHAR","completionReason":"VARCHAR"}],
              "stopReason":"VARCHAR","stop_reason":"VARCHAR","finish_reason":"VARCHAR","completionReason":"VARCHAR",
              "delta":{"stop_reason":"VARCHAR"},"messageStop":{"stopReason":"VARCHAR"},
              "choices":[{"finish_reason":"VARCHAR","stop_reason":"VARCHAR"}],"outputs":[{"stop_reason":"VARCHAR"}],
              "generations":[{"finish_reason":"VARCHAR"}],"completions":[{"finishReason":{"reason":"VARCHAR"}}],
              "metrics":{"latencyMs":"VARCHAR"},"serviceTier":{"type":"VARCHAR"},"trace":{"guardrail":"JSON"},
              "amazon-bedrock-trace":{"guardrail":"JSON"},"amazon-bedrock-guardrailAction":"VARCHAR"}]') AS parts
    FROM (SELECT *, m.output.outputBodyJson::VARCHAR AS body FROM records)
),
-- What each part says; the counts of a stream grow, so the last known one holds.
said AS (
    SELECT t, i, e, m, started_at, streamed,
        last_known(list_transform(parts, lambda p: p."amazon-bedrock-invocationMetrics")) AS bedrock,
        last_known(list_transform(parts, lambda p: coalesce(p.usage.inputTokens, p.usage.input_tokens, p.message.usage.input_tokens,
            p.metadata.usage.inputTokens, p.prompt_token_count, p.inputTextTokenCount,
            without_cached(p.usage.prompt_tokens, p.usage.prompt_tokens_details.cached_tokens)))) AS usage_input,
        last_known(list_transform(parts, lambda p: coalesce(p.usage.outputTokens, p.usage.output_tokens,
            p.usage.completion_tokens, p.message.usage.output_tokens, p.metadata.usage.outputTokens, p.generation_token_count,
            p.totalOutputTextTokenCount, p.results[1].tokenCount))) AS usage_output,
        last_known(list_transform(parts, lambda p: coalesce(p.usage.cacheReadInputTokens, p.usage.cacheReadInputTokenCount,
            p.usage.cache_read_input_tokens, p.message.usage.cache_read_input_tokens, p.metadata.usage.cacheReadInputTokens,
            p.usage.prompt_tokens_details.cached_tokens))) AS usage_read,
        last_known(list_transform(parts, lambda p: coalesce(p.usage.cacheWriteInputTokens, p.usage.cacheWriteInputTokenCount,
            p.usage.cache_creation_input_tokens, p.message.usage.cache_creation_input_tokens,
            p.metadata.usage.cacheWriteInputTokens))) AS usage_write,
        last_known(list_transform(parts, lambda p: coalesce(p.usage.cache_creation.ephemeral_1h_input_tokens,
            p.message.usage.cache_creation.ephemeral_1h_input_tokens,
            hour_tokens(coalesce(p.usage.cacheDetails, p.metadata.usage.cacheDetails))))) AS write_1h,
        last_known(list_transform(parts, lambda p: coalesce(p.metrics.latencyMs, p.metadata.metrics.latencyMs))) AS latency,
        last_known(list_transform(parts, lambda p: coalesce(p.stopReason, p.messageStop.stopReason, p.stop_reason,
            p.delta.stop_reason, p.finish_reason, p.completionReason, p.results[1].completionReason, p.choices[1].finish_reason,
            p.choices[1].stop_reason, p.outputs[1].stop_reason, p.generations[1].finish_reason,
            p.completions[1].finishReason.reason))) AS stop_reason,
        last_known(list_transform(parts, lambda p: coalesce(p.serviceTier."type", p.metadata.serviceTier."type"))) AS tier_served,
        list_filter(list_transform(parts, lambda p: coalesce(p.trace.guardrail, p."amazon-bedrock-trace".guardrail,
            p.metadata.trace.guardrail)), lambda trace: trace IS NOT NULL) AS traces,
        list_transform(parts, lambda p: p."amazon-bedrock-guardrailAction") AS guardrail_actions
    FROM opened
),
counted AS (
    SELECT *,
        coalesce(m.input.inputTokenCount, bedrock.inputTokenCount, usage_input) AS input_text,
        coalesce(m.output.outputTokenCount, bedrock.outputTokenCount, usage_output) AS output_text,
        coalesce(m.input.cacheReadInputTokenCount, bedrock.cacheReadInputTokenCount, usage_read) AS read_text,
        coalesce(m.input.cacheWriteInputTokenCount, bedrock.cacheWriteInputTokenCount, usage_write) AS write_text
    FROM said
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, coalesce(make_timestamp(t * 1000), started_at) AS event_at,
    NULL::VARCHAR AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN m IS NULL THEN 'not_an_object'
        WHEN m.schemaType IS DISTINCT FROM 'ModelInvocationLog' OR coalesce(m.schemaVersion, '1.0') NOT LIKE '1.%' THEN 'unknown_schema'
        WHEN coalesce(m.requestId, '') = '' THEN 'missing_id'
        WHEN started_at IS NULL THEN 'missing_time'
        WHEN coalesce(m.modelId, '') = '' THEN 'missing_model'
    END AS reject,
    m.requestId AS request_id, started_at, coalesce(m.accountId, getvariable('account_id')) AS account_id,
    coalesce(m.region, getvariable('region')) AS region, m.inferenceRegion AS inference_region, m.operation,
    m.modelId AS model_id_raw, m.identity.arn AS principal_arn,
    CASE WHEN json_type(m.requestMetadata) = 'OBJECT' THEN m.requestMetadata::VARCHAR END AS metadata,
    token_count(input_text) AS uncached_input_tokens, token_count(output_text) AS output_tokens,
    token_count(read_text) AS cache_read_tokens, token_count(write_text) AS cache_write_tokens,
    token_count(write_1h) AS cache_write_1h_tokens,
    CASE WHEN m.input.inputTokenCount IS NOT NULL OR m.output.outputTokenCount IS NOT NULL THEN 'record'
         WHEN input_text IS NULL AND output_text IS NULL THEN NULL WHEN streamed THEN 'stream' ELSE 'body' END AS usage_source,
    CASE WHEN token_malformed(input_text) OR token_malformed(output_text) OR token_malformed(read_text)
        OR token_malformed(write_text) THEN true END AS usage_malformed,
    try_cast(coalesce(latency, bedrock.invocationLatency) AS DOUBLE) AS latency_ms,
    try_cast(bedrock.firstByteLatency AS DOUBLE) AS ttft_ms, stop_reason,
    coalesce(tier_served, m.input.inputBodyJson.serviceTier."type", m.input.inputBodyJson.service_tier) AS service_tier,
    m.errorCode AS error_code,
    CASE WHEN len(traces) > 0 THEN guardrail_summary(traces)::VARCHAR END AS guardrail,
    CASE WHEN list_contains(guardrail_actions, 'INTERVENED') THEN 'intervened'
         WHEN list_contains(guardrail_actions, 'NONE') THEN 'none' END AS guardrail_action
FROM counted
