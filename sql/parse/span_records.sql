-- feed: span_records
-- into: raw.spans
-- key: trace_id, span_id
-- One row per OpenTelemetry span record, from either place (shared group or stream `spans`), in every dialect.
-- `skip` names records of another kind that share the group; `reject` names what is wrong with a span.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, "name" VARCHAR, kind VARCHAR, startTimeUnixNano VARCHAR,
        endTimeUnixNano VARCHAR, durationNano VARCHAR, observedTimeUnixNano VARCHAR, body JSON, _aws JSON,
        status STRUCT(code VARCHAR), scope STRUCT("name" VARCHAR, version VARCHAR),
        events STRUCT("name" VARCHAR, attributes STRUCT("exception.type" VARCHAR))[],
        resource STRUCT(attributes STRUCT("service.name" VARCHAR, "cloud.resource_id" VARCHAR, "cloud.region" VARCHAR,
            "cloud.account.id" VARCHAR, "cloud.platform" VARCHAR, "deployment.environment.name" VARCHAR,
            "deployment.environment" VARCHAR, "faas.id" VARCHAR)),
        attributes STRUCT("gen_ai.operation.name" VARCHAR, "traceloop.span.kind" VARCHAR, "openinference.span.kind" VARCHAR,
            "llm.request.type" VARCHAR, "gen_ai.agent.name" VARCHAR, "gen_ai.agent.id" VARCHAR, "gen_ai.agent.version" VARCHAR,
            "agent.name" VARCHAR, "aws.agent.id" VARCHAR, "session.id" VARCHAR, "gen_ai.conversation.id" VARCHAR,
            "user.id" VARCHAR, "actor.id" VARCHAR, "task.id" VARCHAR, "task.type" VARCHAR, "aws.request_id" VARCHAR,
            "gen_ai.response.model" VARCHAR, "gen_ai.request.model" VARCHAR, "llm.model_name" VARCHAR,
            "gen_ai.provider.name" VARCHAR, "gen_ai.system" VARCHAR, "aws.bedrock.service_tier" VARCHAR,
            "gen_ai.usage.input_tokens" VARCHAR, "gen_ai.usage.output_tokens" VARCHAR, "gen_ai.usage.prompt_tokens" VARCHAR,
            "gen_ai.usage.completion_tokens" VARCHAR, "llm.token_count.prompt" VARCHAR, "llm.token_count.completion" VARCHAR,
            "gen_ai.usage.cache_read_input_tokens" VARCHAR, "gen_ai.usage.cache_write_input_tokens" VARCHAR,
            "gen_ai.usage.cache_read.input_tokens" VARCHAR, "gen_ai.usage.cache_creation.input_tokens" VARCHAR,
            "llm.token_count.prompt_details.cache_read" VARCHAR, "llm.token_count.prompt_details.cache_write" VARCHAR,
            "gen_ai.response.finish_reasons" JSON, "llm.finish_reason" VARCHAR, "gen_ai.server.time_to_first_token" VARCHAR,
            "gen_ai.tool.name" VARCHAR, "gen_ai.tool.status" VARCHAR, "tool.name" VARCHAR, "traceloop.entity.name" VARCHAR,
            "error.type" VARCHAR, "http.response.status_code" VARCHAR, "http.status_code" VARCHAR))'
    })
),
opened AS (
    SELECT t, i, e, g, m, m.attributes AS a, m.resource.attributes AS r, coalesce(m.scope."name", '') AS scope_name,
        try_cast(m.startTimeUnixNano AS BIGINT) AS start_ns, try_cast(m.endTimeUnixNano AS BIGINT) AS end_ns,
        try_cast(m.durationNano AS BIGINT) AS stated_ns,
        lower(coalesce(m.attributes."gen_ai.operation.name", '')) AS op,
        lower(coalesce(m.attributes."traceloop.span.kind", '')) AS traceloop_kind,
        upper(coalesce(m.attributes."openinference.span.kind", '')) AS openinference_kind
    FROM records
),
spans AS (
    SELECT *,
        coalesce(stated_ns, end_ns - start_ns) AS duration_ns,
        coalesce(a."gen_ai.usage.input_tokens", a."gen_ai.usage.prompt_tokens", a."llm.token_count.prompt") AS input_text,
        coalesce(a."gen_ai.usage.output_tokens", a."gen_ai.usage.completion_tokens", a."llm.token_count.completion") AS output_text,
        coalesce(a."gen_ai.usage.cache_read_input_tokens", a."gen_ai.usage.cache_read.input_tokens",
            a."llm.token_count.prompt_details.cache_read") AS cache_read_text,
        coalesce(a."gen_ai.usage.cache_write_input_tokens", a."gen_ai.usage.cache_creation.input_tokens",
            a."llm.token_count.prompt_details.cache_write") AS cache_write_text,
        coalesce(r."cloud.resource_id", r."faas.id") AS host_arn,
        coalesce(a."gen_ai.agent.name", a."agent.name") AS stated_agent_name
    FROM opened
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE
        WHEN e IS NULL THEN NULL
        WHEN m IS NULL THEN NULL
        WHEN m._aws IS NOT NULL THEN 'metric_record'
        WHEN m."name" = 'gen_ai.evaluation.result' THEN 'evaluation_record'
        WHEN m.body IS NOT NULL OR m.observedTimeUnixNano IS NOT NULL THEN 'event_record'
        WHEN m.startTimeUnixNano IS NULL AND m.spanId IS NULL THEN 'other_record'
    END AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN m IS NULL THEN 'not_an_object'
        WHEN coalesce(m.traceId, '') = '' OR coalesce(m.spanId, '') = '' THEN 'missing_id'
        WHEN m."name" IS NULL THEN 'missing_name'
        WHEN start_ns IS NULL OR start_ns <= 0 THEN 'missing_start'
        WHEN duration_ns < 0 THEN 'negative_duration'
    END AS reject,
    lower(m.traceId) AS trace_id, lower(m.spanId) AS span_id, nullif(lower(m.parentSpanId), '') AS parent_span_id,
    coalesce(a."session.id", a."gen_ai.conversation.id") AS session_id, m."name" AS name, m.kind,
    CASE
        WHEN scope_name = 'strands.telemetry.tracer' THEN 'strands'
        WHEN scope_name = 'opentelemetry.instrumentation.botocore.bedrock-runtime' THEN 'botocore_bedrock'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.botocore%' THEN 'botocore'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.langchain%' THEN 'langchain'
        WHEN scope_name LIKE 'openinference.instrumentation.claude_agent_sdk%' THEN 'claude_agent_sdk'
        WHEN scope_name LIKE 'openinference.instrumentation%' THEN 'openinference'
        WHEN scope_name LIKE 'opentelemetry.instrumentation.%' THEN 'http'
        WHEN m."name" LIKE 'AgentCore.%' THEN 'agentcore_service'
        ELSE 'other'
    END AS dialect,
    CASE
        WHEN op = 'invoke_agent' THEN 'invoke_agent'
        WHEN op IN ('chat', 'text_completion', 'generate_content') THEN 'chat'
        WHEN op = 'embeddings' THEN 'embeddings'
        WHEN op = 'execute_tool' THEN 'execute_tool'
        WHEN traceloop_kind IN ('workflow', 'agent') THEN 'invoke_agent'
        WHEN traceloop_kind = 'tool' THEN 'execute_tool'
        WHEN traceloop_kind = 'task' THEN 'task'
        WHEN a."llm.request.type" IN ('chat', 'completion') THEN 'chat'
        WHEN openinference_kind IN ('AGENT', 'CHAIN') THEN 'invoke_agent'
        WHEN openinference_kind = 'LLM' THEN 'chat'
        WHEN openinference_kind = 'TOOL' THEN 'execute_tool'
        WHEN openinference_kind = 'EMBEDDING' THEN 'embeddings'
        WHEN openinference_kind = 'RETRIEVER' THEN 'retrieval'
        WHEN openinference_kind = 'GUARDRAIL' THEN 'guardrail'
        WHEN m."name" = 'execute_event_loop_cycle' THEN 'cycle'
        WHEN m."name" LIKE 'AgentCore.Gateway.%' THEN 'gateway'
        WHEN m."name" LIKE 'AgentCore.Policy.%' THEN 'policy'
        WHEN m."name" SIMILAR TO 'Bedrock AgentCore\.(.*Memory.*|.*Event.*)' THEN 'memory'
        WHEN m.kind = 'SERVER' THEN 'server'
        ELSE 'other'
    END AS operation,
    'span_log' AS source,
    coalesce(nullif(split_part(host_arn, ':', 5), ''), r."cloud.account.id", getvariable('account_id')) AS account_id,
    coalesce(nullif(split_part(host_arn, ':', 4), ''), r."cloud.region", getvariable('region')) AS region,
    host_arn AS agent_arn,
    nullif(regexp_extract(host_arn, ':runtime/([^/]+)', 1), '') AS agent_runtime,
    nullif(stated_agent_name, '') AS agent_name, a."gen_ai.agent.version" AS agent_version,
    r."service.name" AS service_name, host_arn AS resource_arn,
    replace(coalesce(r."deployment.environment.name", r."deployment.environment"), 'bedrock-agentcore:', '') AS environment,
    a."task.id" AS task_key, a."task.type" AS task_type,
    CASE WHEN coalesce(a."user.id", a."actor.id") IS NOT NULL THEN sha256(coalesce(a."user.id", a."actor.id")) END AS end_user_hash,
    a."aws.request_id" AS request_id, coalesce(a."gen_ai.provider.name", a."gen_ai.system") AS provider,
    coalesce(a."gen_ai.request.model", a."llm.model_name") AS model_requested, a."gen_ai.response.model" AS model_responded,
    a."aws.bedrock.service_tier" AS service_tier,
    token_count(input_text) AS input_tokens, token_count(output_text) AS output_tokens,
    token_count(cache_read_text) AS cache_read_tokens, token_count(cache_write_text) AS cache_write_tokens,
    CASE WHEN coalesce(a."gen_ai.usage.cache_read.input_tokens", a."gen_ai.usage.cache_creation.input_tokens",
        a."llm.token_count.prompt_details.cache_read", a."llm.token_count.prompt_details.cache_write") IS NOT NULL
        THEN true END AS input_is_gross,
    CASE WHEN token_malformed(input_text) OR token_malformed(output_text) OR token_malformed(cache_read_text)
        OR token_malformed(cache_write_text) THEN true END AS usage_malformed,
    try_cast(a."gen_ai.server.time_to_first_token" AS DOUBLE) AS ttft_ms,
    coalesce(json_first_text(a."gen_ai.response.finish_reasons"), a."llm.finish_reason") AS stop_reason,
    coalesce(a."gen_ai.tool.name", a."tool.name",
        CASE WHEN traceloop_kind = 'tool' THEN a."traceloop.entity.name" END) AS tool_name,
    lower(a."gen_ai.tool.status") AS tool_status, nullif(upper(m.status.code), 'UNSET') AS status,
    coalesce(a."error.type", list_filter(m.events, lambda x: x."name" = 'exception')[1].attributes."exception.type") AS error_type,
    try_cast(coalesce(a."http.response.status_code", a."http.status_code") AS INTEGER) AS http_status,
    CASE WHEN is_throttle(a."error.type", try_cast(coalesce(a."http.response.status_code", a."http.status_code") AS INTEGER))
        OR is_throttle(list_filter(m.events, lambda x: x."name" = 'exception')[1].attributes."exception.type", NULL)
        THEN true END AS throttled,
    make_timestamp(start_ns // 1000) AS started_at,
    CASE WHEN duration_ns > 0 THEN duration_ns / 1e6 END AS duration_ms, false AS in_progress
FROM spans
