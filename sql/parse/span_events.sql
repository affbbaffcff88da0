-- feed: span_events
-- into: raw.span_events
-- key: trace_id, span_id, at, body_sha256
-- time: at
-- touches: trace trace_id
-- One row per event record that split delivery writes beside a span: what it tells of the call, never what was said.
-- `skip` names records of another kind that share the stream.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        traceId VARCHAR, spanId VARCHAR, timeUnixNano VARCHAR, observedTimeUnixNano VARCHAR, startTimeUnixNano VARCHAR,
        "name" VARCHAR, eventName VARCHAR, body JSON, _aws JSON, scope STRUCT("name" VARCHAR),
        attributes STRUCT("event.name" VARCHAR, "session.id" VARCHAR, "gen_ai.conversation.id" VARCHAR, "gen_ai.agent.name" VARCHAR),
        resource STRUCT(attributes STRUCT("service.name" VARCHAR, "cloud.resource_id" VARCHAR, "cloud.region" VARCHAR,
            "cloud.account.id" VARCHAR)))'
    })
),
opened AS (
    SELECT t, i, e, m, m.body AS body, coalesce(m.attributes."event.name", m.eventName, m."name") AS event_name,
        coalesce(try_cast(m.timeUnixNano AS BIGINT), try_cast(m.observedTimeUnixNano AS BIGINT), t * 1000000) AS at_ns,
        m.resource.attributes AS r, string_split(m.resource.attributes."cloud.resource_id", ':') AS arn,
        coalesce(json_array_length(m.body, '$.input.messages'), 0) + coalesce(json_array_length(m.body, '$.output.messages'), 0) AS listed,
        json_extract(m.body, '$.output.messages[#-1].content') AS answered
    FROM records
),
facts AS (
    SELECT *,
        coalesce(body->>'$.finish_reason', answered->>'$.finish_reason', body->>'$.output.messages[#-1].finish_reason') AS stop_reason,
        CASE WHEN json_type(answered) = 'OBJECT' THEN answered->>'$.message' WHEN json_type(answered) = 'VARCHAR' THEN answered->>'$'
             WHEN json_type(body, '$.message') = 'VARCHAR' THEN body->>'$.message' END AS answer_text,
        list_concat(json_extract_string(body, '$.input.messages[*].role'), json_extract_string(body, '$.output.messages[*].role'),
            [body->>'$.message.role', regexp_extract(event_name, '^gen_ai\.(user|assistant|system|tool)\.message$', 1)]) AS roles
    FROM opened
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE
        WHEN m IS NULL THEN NULL
        WHEN m._aws IS NOT NULL THEN 'metric_record'
        WHEN event_name = 'gen_ai.evaluation.result' THEN 'evaluation_record'
        WHEN event_name = 'agent.outcome' OR body->>'$."event.name"' = 'agent.outcome' THEN 'outcome_record'
        WHEN m.startTimeUnixNano IS NOT NULL THEN 'span_record'
        WHEN body IS NULL THEN 'other_record'
        WHEN json_type(body) <> 'OBJECT' OR (event_name IS NULL AND listed = 0) THEN 'app_log'
        WHEN coalesce(m.traceId, '') = '' OR coalesce(m.spanId, '') = '' THEN 'event_outside_span'
    END AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN m IS NULL THEN 'not_an_object'
        WHEN at_ns IS NULL OR at_ns <= 0 THEN 'missing_time'
    END AS reject,
    lower(m.traceId) AS trace_id, lower(m.spanId) AS span_id, make_timestamp(at_ns // 1000) AS "at", sha256(body::VARCHAR) AS body_sha256,
    event_name, m.scope."name" AS scope_name,
    coalesce(nullif(arn[5], ''), r."cloud.account.id", getvariable('account_id')) AS account_id,
    coalesce(nullif(arn[4], ''), r."cloud.region", getvariable('region')) AS region,
    nullif(regexp_extract(r."cloud.resource_id", ':runtime/([^/]+)', 1), '') AS agent_runtime,
    nullif(m.attributes."gen_ai.agent.name", '') AS agent_name,
    coalesce(m.attributes."session.id", m.attributes."gen_ai.conversation.id") AS session_id,
    CASE WHEN regexp_matches(stop_reason, '^[A-Za-z_-]{1,40}$') THEN stop_reason END AS stop_reason,
    CASE WHEN listed > 0 THEN listed WHEN event_name LIKE 'gen_ai.%' THEN 1 END AS messages,
    coalesce(json_array_length(body, '$.tool_calls'), json_array_length(body, '$.message.tool_calls'),
        CASE WHEN answer_text LIKE '[%' AND json_valid(answer_text) THEN len(json_extract(answer_text, '$[*].toolUse')) END) AS tool_calls,
    nullif(to_json(list_sort(list_distinct(list_filter(roles, lambda x: regexp_matches(x, '^[a-z_]{1,20}$')))))::VARCHAR, '[]') AS roles,
    tool_answer(answer_text) AS tool_result
FROM facts
