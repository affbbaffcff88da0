-- feed: span_records
-- into: raw.spans
-- key: trace_id, span_id
-- time: started_at
-- touches: trace trace_id
-- least: in_progress, status
-- One row per OpenTelemetry span record, from either place (shared group or stream `spans`), in every dialect.
-- `skip` names records of another kind that share the group; `reject` names what is wrong with a span.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, "name" VARCHAR, kind VARCHAR, startTimeUnixNano VARCHAR,
        endTimeUnixNano VARCHAR, durationNano VARCHAR, observedTimeUnixNano VARCHAR, body JSON, _aws JSON,
        status STRUCT(code VARCHAR), scope STRUCT("name" VARCHAR, version VARCHAR),
        events STRUCT("name" VARCHAR, attributes STRUCT("exception.type" VARCHAR, message VARCHAR, finish_reason VARCHAR,
            "gen_ai.output.messages" VARCHAR))[],
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
            "gen_ai.tool.name" VARCHAR, "gen_ai.tool.status" VARCHAR, "tool.name" VARCHAR, "tool.version" VARCHAR,
            "gen_ai.tool.version" VARCHAR, "traceloop.entity.name" VARCHAR,
            "error.type" VARCHAR, "http.response.status_code" VARCHAR, "http.status_code" VARCHAR,
            "aws.operation.name" VARCHAR, "aws.resource.arn" VARCHAR, "aws.endpoint.name" VARCHAR, latency_ms VARCHAR,
            error_type VARCHAR, throttled VARCHAR, error VARCHAR, fault VARCHAR, "memory.id" VARCHAR, "gateway.id" VARCHAR,
            "gen_ai.memory.store.id" VARCHAR, "gen_ai.memory.record.count" VARCHAR, "aws.bedrock.knowledge_base.id" VARCHAR,
            "gen_ai.data_source.id" VARCHAR, "gen_ai.retrieval.documents" JSON, "retrieval.documents" JSON,
            "retrieval.documents.0.document.id" VARCHAR, "retrieval.documents.0.document.content" VARCHAR,
            "gen_ai.tool.call.result" VARCHAR, "output.value" VARCHAR, "traceloop.entity.output" VARCHAR,
            "gen_ai.task.output" VARCHAR, execute_tool_latency_ms VARCHAR,
            "aws.agentcore.policy.authorization_decision" VARCHAR, "aws.agentcore.policy.authorization_reason" VARCHAR,
            "aws.agentcore.gateway.policy.mode" VARCHAR, "aws.agentcore.policy.target_resource.id" VARCHAR,
            "aws.agentcore.policy.determining_policies" JSON, "aws.agentcore.policy.log_only_matched_policies" JSON))'
    })
),
opened AS (
    SELECT t, i, e, m, m.attributes AS a, m.resource.attributes AS r,
        try_cast(m.startTimeUnixNano AS BIGINT) AS start_ns, try_cast(m.endTimeUnixNano AS BIGINT) AS end_ns,
        try_cast(m.durationNano AS BIGINT) AS stated_ns,
        span_dialect(coalesce(m.scope."name", ''), m."name", m.attributes."aws.operation.name") AS dialect,
        span_operation(lower(coalesce(m.attributes."gen_ai.operation.name", '')),
            lower(coalesce(m.attributes."traceloop.span.kind", '')), m.attributes."llm.request.type",
            upper(coalesce(m.attributes."openinference.span.kind", '')), m."name", m.kind,
            m.attributes."aws.operation.name") AS operation,
        CASE WHEN len(m.events) > 0 THEN
            list_filter(m.events, lambda x: x."name" = 'exception')[1].attributes."exception.type" END AS exception_type,
        CASE WHEN len(m.events) > 0 THEN
            list_filter(m.events, lambda x: x."name" IN ('gen_ai.choice', 'gen_ai.client.inference.operation.details'))[-1].attributes
            END AS said,
        try_cast(coalesce(m.attributes."http.response.status_code", m.attributes."http.status_code") AS INTEGER) AS http_status
    FROM records
),
spans AS (
    SELECT *,
        coalesce(stated_ns, end_ns - start_ns,
            (try_cast(coalesce(a.latency_ms, a.execute_tool_latency_ms) AS DOUBLE) * 1000000)::BIGINT) AS duration_ns,
        coalesce(a."gen_ai.usage.input_tokens", a."gen_ai.usage.prompt_tokens", a."llm.token_count.prompt") AS input_text,
        coalesce(a."gen_ai.usage.output_tokens", a."gen_ai.usage.completion_tokens", a."llm.token_count.completion") AS output_text,
        coalesce(a."gen_ai.usage.cache_read_input_tokens", a."gen_ai.usage.cache_read.input_tokens",
            a."llm.token_count.prompt_details.cache_read") AS cache_read_text,
        coalesce(a."gen_ai.usage.cache_write_input_tokens", a."gen_ai.usage.cache_creation.input_tokens",
            a."llm.token_count.prompt_details.cache_write") AS cache_write_text,
        coalesce(r."cloud.resource_id", r."faas.id", CASE WHEN dialect = 'agentcore_service' THEN a."aws.resource.arn" END) AS host_arn,
        string_split(host_arn, ':') AS arn, string_split(arn[6], '/') AS place,
        coalesce(a."gen_ai.agent.name", a."agent.name") AS stated_agent_name,
        coalesce(a."error.type", exception_type, CASE WHEN a.error_type IN ('throttle', 'system', 'user') THEN a.error_type END,
            CASE WHEN 'true' IN (a.throttled, a.error, a.fault) THEN CASE WHEN a.throttled = 'true' THEN 'throttle'
                WHEN a.fault = 'true' THEN 'system' ELSE 'user' END END) AS stated_error,
        CASE operation WHEN 'execute_tool' THEN tool_answer(coalesce(said.message, said."gen_ai.output.messages",
            a."gen_ai.tool.call.result", a."gen_ai.task.output", a."traceloop.entity.output", a."output.value")) END AS answer,
        CASE operation WHEN 'retrieval' THEN coalesce(entry_count(a."gen_ai.retrieval.documents"), entry_count(a."retrieval.documents"),
            entry_count(try_cast(a."output.value" AS JSON)))
            WHEN 'memory' THEN try_cast(a."gen_ai.memory.record.count" AS BIGINT) END AS results,
        CASE operation WHEN 'policy' THEN name_list(a."aws.agentcore.policy.determining_policies") END AS policies,
        CASE operation WHEN 'policy' THEN nullif(name_list(a."aws.agentcore.policy.log_only_matched_policies"), '[]') END
            AS trial_policies
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
    coalesce(a."session.id", a."gen_ai.conversation.id") AS session_id, m."name" AS name, m.kind, dialect, operation,
    'span_log' AS source,
    coalesce(nullif(arn[5], ''), r."cloud.account.id", getvariable('account_id')) AS account_id,
    coalesce(nullif(arn[4], ''), r."cloud.region", getvariable('region')) AS region,
    host_arn AS agent_arn,
    coalesce(CASE WHEN place[1] = 'runtime' THEN place[2] END, CASE WHEN operation = 'server' THEN a."aws.agent.id" END) AS agent_runtime,
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
    coalesce(json_first_text(a."gen_ai.response.finish_reasons"), a."llm.finish_reason", said.finish_reason,
        json_extract_string(said."gen_ai.output.messages", '$[#-1].finish_reason')) AS stop_reason,
    coalesce(a."gen_ai.tool.name", a."tool.name",
        CASE WHEN a."traceloop.span.kind" = 'tool' THEN a."traceloop.entity.name" END) AS tool_name,
    CASE operation WHEN 'execute_tool' THEN coalesce(a."gen_ai.tool.version", a."tool.version") END AS tool_version,
    tool_end(lower(a."gen_ai.tool.status"), answer) AS tool_status,
    CASE WHEN stated_error IN ('throttle', 'system', 'user') THEN 'ERROR' ELSE nullif(upper(m.status.code), 'UNSET') END AS status,
    stated_error AS error_type, http_status,
    CASE WHEN is_throttle(stated_error, http_status) OR is_throttle(exception_type, NULL) THEN true END AS throttled,
    make_timestamp(start_ns // 1000) AS started_at,
    CASE WHEN duration_ns > 0 THEN duration_ns / 1e6 END AS duration_ms, false AS in_progress,
    CASE WHEN place[1] = 'runtime' THEN coalesce(place[4], a."aws.endpoint.name", nullif(regexp_extract(r."service.name", '\.([^.]+)$', 1), ''))
        END AS endpoint,
    coalesce(a."memory.id", a."gen_ai.memory.store.id", a."aws.bedrock.knowledge_base.id", a."gen_ai.data_source.id", a."gateway.id",
        a."aws.agentcore.policy.target_resource.id") AS resource_id,
    results,
    coalesce(results > 0, CASE WHEN coalesce(a."retrieval.documents.0.document.id", a."retrieval.documents.0.document.content") IS NOT NULL
        THEN true END) AS found,
    upper(a."aws.agentcore.policy.authorization_decision") AS decision, upper(a."aws.agentcore.gateway.policy.mode") AS policy_mode,
    policies, trial_policies,
    CASE WHEN policies IS NOT NULL OR a."aws.agentcore.policy.authorization_reason" IS NOT NULL THEN
        denial_reason(a."aws.agentcore.policy.authorization_decision", a."aws.agentcore.policy.authorization_reason", policies)
        END AS decision_reason,
    NULL::TIMESTAMP AS last_seen_at
FROM spans
