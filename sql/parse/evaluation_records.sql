-- feed: evaluation_records
-- into: raw.outcomes
-- key: event_id
-- time: happened_at
-- touches: outcome event_id
-- One row per `gen_ai.evaluation.result`, scored or errored: of AgentCore Evaluations (online, batch), or somebody's own.
-- A judgement is an event about a task and nothing more: never an outcome, a version or an escalation. Its explanation
-- and the text of its error stay outside. The collector may send it with what the service knows of its judge
-- (`ledger.facts`: sampling, runtime, code, scale). `score` is the place on a scale from 0 to 1, NULL where that is not
-- known; `evaluation_score` is what was said. An error is never a score.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        columns = {t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
told AS MATERIALIZED (
    SELECT t, i, e, g, json_extract(m, ['$."ledger.facts"', '$."ledger.record"']) AS envelope, coalesce(envelope[2], m) AS r,
        r->'$.message' AS message,
        CASE
            WHEN json_type(message) = 'OBJECT' THEN message
            WHEN json_type(message) = 'VARCHAR' AND json_valid(message->>'$') THEN (message->>'$')::JSON
            ELSE r
        END AS record
    FROM records
),
opened AS MATERIALIZED (
    SELECT t, i, e, g, json_type(record) AS kind, record,
        json_transform(envelope[1], '{"sampling": "DOUBLE", "runtime": "VARCHAR", "code": "BOOLEAN", "scale": ["DOUBLE"]}') AS facts,
        json_transform(record, '{"name": "VARCHAR", "eventName": "VARCHAR", "event.name": "VARCHAR", "traceId": "VARCHAR",
            "trace_id": "VARCHAR", "spanId": "VARCHAR", "span_id": "VARCHAR", "timeUnixNano": "VARCHAR",
            "observedTimeUnixNano": "VARCHAR", "timestamp": "VARCHAR", "service.name": "VARCHAR", "error": "VARCHAR",
            "error.type": "VARCHAR", "throttle": "VARCHAR", "onlineEvaluationConfigId": "VARCHAR", "evaluationJobId": "VARCHAR",
            "resource": {"attributes": {"service.name": "VARCHAR", "cloud.resource_id": "VARCHAR"}},
            "attributes": "JSON", "body": "JSON"}') AS o
    FROM told
),
named AS MATERIALIZED (
    SELECT t, i, e, g, kind, facts, o, json_transform(CASE WHEN json_type(o.attributes) = 'OBJECT' THEN o.attributes
            WHEN json_exists(o.body, '$."gen_ai.evaluation.name"') THEN o.body ELSE record END, '{
            "event.name": "VARCHAR", "microsoft.custom_event.name": "VARCHAR", "gen_ai.evaluation.name": "VARCHAR",
            "gen_ai.evaluation.score.value": "VARCHAR", "gen_ai.evaluation.score.label": "VARCHAR", "error": "VARCHAR",
            "error.type": "VARCHAR", "throttle": "VARCHAR", "session.id": "VARCHAR", "gen_ai.conversation.id": "VARCHAR",
            "gen_ai.response.id": "VARCHAR", "gen_ai.agent.id": "VARCHAR", "gen_ai.agent.name": "VARCHAR", "service.name": "VARCHAR",
            "aws.bedrock_agentcore.evaluator.arn": "VARCHAR", "aws.bedrock_agentcore.evaluator.rating_scale": "VARCHAR",
            "aws.bedrock_agentcore.evaluation_level": "VARCHAR", "aws.bedrock_agentcore.online_evaluation_config.arn": "VARCHAR",
            "aws.bedrock_agentcore.evaluation_job.arn": "VARCHAR", "label.source": "VARCHAR", "label.annotator": "VARCHAR",
            "label.inclusion_probability": "DOUBLE", "annotator_kind": "VARCHAR", "internal_properties": "VARCHAR",
            "microsoft.gen_ai.human_evaluation.source": "VARCHAR", "microsoft.gen_ai.evaluation.actor.type": "VARCHAR",
            "microsoft.gen_ai.evaluation.tags.reviewer": "VARCHAR"}') AS a
    FROM opened
),
fields AS MATERIALIZED (
    SELECT t, i, e, g, facts, kind, o, a,
        list_contains([o.name, o.eventName, o."event.name", a."event.name", a."microsoft.custom_event.name"],
            'gen_ai.evaluation.result') AS is_result,
        nullif(left(a."gen_ai.evaluation.name", 200), '') AS rubric,
        a."gen_ai.evaluation.score.value" AS score_text, nullif(a."gen_ai.evaluation.score.label", '') AS label_text,
        nullif(coalesce(a."error.type", o."error.type"), '') AS error_type,
        coalesce(try_cast(coalesce(a.error, o.error) AS INTEGER) = 1, false) AS is_error,
        coalesce(try_cast(coalesce(a.throttle, o.throttle) AS INTEGER) = 1, false) OR is_throttle(error_type, NULL) AS throttled,
        a."aws.bedrock_agentcore.evaluator.arn" AS evaluator_arn,
        coalesce(a."aws.bedrock_agentcore.online_evaluation_config.arn", o.onlineEvaluationConfigId) AS online,
        coalesce(a."aws.bedrock_agentcore.evaluation_job.arn", o.evaluationJobId) AS job,
        a."aws.bedrock_agentcore.evaluation_level" AS level_word, a."label.inclusion_probability" AS stated_pi,
        coalesce(nullif(a."session.id", ''), nullif(a."gen_ai.conversation.id", '')) AS session_id,
        lower(replace(regexp_replace(coalesce(o.traceId, o.trace_id), '^1-', ''), '-', '')) AS own_trace,
        lower(a."gen_ai.response.id") AS response_id, lower(coalesce(o.spanId, o.span_id)) AS own_span,
        coalesce(o.resource.attributes."service.name", o."service.name", a."service.name") AS service_name,
        list_transform([try_cast(o.timeUnixNano AS BIGINT), try_cast(o.observedTimeUnixNano AS BIGINT), t * 1000000],
            lambda n: CASE WHEN n // 1000000000 BETWEEN 946684800 AND 4102444799 THEN make_timestamp(n // 1000) END) AS stamps,
        utc_timestamp(o.timestamp) AS written_at, a."label.source" AS source_word,
        coalesce(a."label.annotator", a."microsoft.gen_ai.evaluation.tags.reviewer") AS rater_text,
        lower(coalesce(a."microsoft.gen_ai.human_evaluation.source", a."microsoft.gen_ai.evaluation.actor.type",
            a.annotator_kind)) AS judge_word,
        json_transform(try_cast(a.internal_properties AS JSON),
            '{"gen_ai.evaluation.min_value": "DOUBLE", "gen_ai.evaluation.max_value": "DOUBLE"}') AS properties
    FROM named
),
read AS (
    SELECT *, CASE WHEN isfinite(try_cast(score_text AS DOUBLE)) THEN try_cast(score_text AS DOUBLE) END AS stated,
        stated IS NULL AND (error_type IS NOT NULL OR is_error OR throttled) AS is_errored,
        CASE level_word WHEN 'Span' THEN 'ToolCall' WHEN 'TOOL_CALL' THEN 'ToolCall' WHEN 'TRACE' THEN 'Trace'
             WHEN 'SESSION' THEN 'Session' ELSE level_word END AS level,
        CASE WHEN regexp_full_match(own_trace, '[0-9a-f]{32}') AND own_trace <> repeat('0', 32) THEN own_trace
             WHEN level IS DISTINCT FROM 'Session' AND regexp_full_match(response_id, '[0-9a-f]{32}') THEN response_id END AS trace_id,
        CASE WHEN regexp_full_match(own_span, '[0-9a-f]{16}') AND own_span <> repeat('0', 16) THEN own_span END AS judged_span_id,
        coalesce(stamps[1], stamps[2], written_at, stamps[3]) AS happened_at,
        CASE WHEN online IS NOT NULL THEN 'online' WHEN job IS NOT NULL OR g LIKE '%/batch-evaluations/%' THEN 'batch'
             ELSE 'on_demand' END AS channel,
        CASE
            WHEN source_word IN ('human_end_user', 'human_expert', 'llm', 'code', 'heuristic') THEN source_word
            WHEN source_word = 'human' OR judge_word IN ('human', 'builder') THEN 'human_expert'
            WHEN source_word = 'system' OR judge_word = 'code' OR facts.code
                OR rubric LIKE 'Builtin.Trajectory%Match' THEN 'code'
            WHEN judge_word = 'end_user' THEN 'human_end_user'
            WHEN judge_word = 'llm' OR evaluator_arn IS NOT NULL OR rubric LIKE 'Builtin.%' THEN 'llm'
        END AS label_source,
        CASE WHEN regexp_full_match(rater_text, '(role|team|queue|system|judge|model):[^@]+') THEN rater_text
             WHEN rater_text <> '' THEN 'person:' || left(sha256(lower(trim(rater_text))), 16) END AS annotator,
        coalesce(a."gen_ai.agent.id", CASE WHEN trace_id IS NULL THEN coalesce(
            nullif(regexp_extract(o.resource.attributes."cloud.resource_id", 'runtime/([^/]+)', 1), ''), facts.runtime,
            nullif(regexp_extract(g, '/bedrock-agentcore/runtimes/(.+-[A-Za-z0-9]{10})-[^/]+$', 1), '')) END) AS agent_id,
        coalesce(a."gen_ai.agent.name", CASE WHEN trace_id IS NULL THEN regexp_replace(service_name, '\.[^.]+$', '') END) AS agent_name,
        coalesce(facts.scale[1], properties."gen_ai.evaluation.min_value") AS scale_min,
        coalesce(facts.scale[2], properties."gen_ai.evaluation.max_value") AS scale_max,
        -- Of an evaluator of one's own only its definition says where its scale ends.
        coalesce(regexp_matches(evaluator_arn, '^arn:[^:]+:bedrock-agentcore:[^:]+:\d*:evaluator/'), false) AS is_custom,
        concat_ws('|', CASE WHEN coalesce(online, job) LIKE 'arn:%' THEN '' ELSE getvariable('account_id') || '/' || getvariable('region') END,
            coalesce(online, job, ''), coalesce(evaluator_arn, ''), rubric, coalesce(level, ''), coalesce(session_id, ''),
            coalesce(trace_id, ''), coalesce(judged_span_id, ''), coalesce(annotator, '')) AS subject
    FROM fields
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE WHEN e IS NOT NULL AND kind = 'OBJECT' AND NOT coalesce(is_result, false) THEN 'other_record' END AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN kind <> 'OBJECT' THEN 'not_an_object'
        WHEN rubric IS NULL THEN 'missing_rubric'
        WHEN happened_at IS NULL THEN 'missing_time'
        WHEN coalesce(trace_id, session_id) IS NULL THEN 'missing_subject'
        WHEN score_text IS NOT NULL AND stated IS NULL THEN 'bad_score'
        WHEN stated IS NULL AND label_text IS NULL AND NOT is_errored THEN 'no_result'
        WHEN NOT (stated_pi > 0 AND stated_pi <= 1) THEN 'bad_probability'
    END AS reject,
    'evaluation:' || left(sha256(concat_ws('|', subject, happened_at::VARCHAR, stamps[2]::VARCHAR)), 32) AS event_id,
    'evaluation:' || left(sha256(subject), 32) AS judged_key,
    happened_at, stamps[2] AS observed_at, getvariable('account_id') AS account_id, getvariable('region') AS region,
    agent_name, agent_id, service_name, session_id, trace_id, judged_span_id, label_source, annotator, rubric AS evaluation_name,
    CASE
        WHEN scale_max > scale_min THEN CASE WHEN stated BETWEEN scale_min AND scale_max
            THEN (stated - scale_min) / (scale_max - scale_min) END
        WHEN NOT is_custom AND stated BETWEEN 0 AND 1 THEN stated
    END AS score,
    stated AS evaluation_score,
    CASE WHEN NOT is_errored THEN left(regexp_replace(label_text, '[^\s"<>@]+@[^\s"<>@]+', '[e-mail]', 'g'), 100) END AS score_label,
    coalesce(stated_pi, CASE WHEN channel = 'online' THEN facts.sampling END) AS inclusion_probability,
    evaluator_arn, level AS evaluation_level, a."aws.bedrock_agentcore.evaluator.rating_scale" AS rating_scale,
    regexp_extract(coalesce(online, job), '[^/]+$') AS evaluation_config, channel AS evaluation_channel,
    is_errored AS judge_error, left(error_type, 200) AS error_type, throttled,
    coalesce(getvariable('source_name'), 'evaluations') AS source
FROM read
