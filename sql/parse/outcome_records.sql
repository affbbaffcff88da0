-- feed: outcome_records
-- into: raw.outcomes
-- key: event_id
-- time: happened_at
-- touches: outcome event_id
-- One row per `agent.outcome` event, raw or wrapped: by Lambda's JSON logging (`message`), EventBridge (`detail`) or
-- OpenTelemetry (`attributes`, `body`), whose record lends trace, time and runtime. The rejects are those of
-- collectors/outcome_event.py, in its order. Who judged is a role or a hash, and no e-mail address stays.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        columns = {t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
unwrapped AS (
    SELECT t, i, e, json_type(m) AS kind, json_exists(m, '$."event.name"') AS is_bare,
        json_type(m, '$.attributes') = 'OBJECT' AND json_exists(m, '$.attributes."event.name"') AS in_attributes,
        CASE
            WHEN is_bare THEN m
            WHEN json_type(m, '$.message') = 'OBJECT' THEN m->'$.message'
            WHEN json_type(m, '$.message') = 'VARCHAR' AND json_valid(m->>'$.message') THEN (m->>'$.message')::JSON
            WHEN json_type(m, '$.detail') = 'OBJECT' THEN m->'$.detail'
            WHEN in_attributes AND json_type(m, '$.body') = 'OBJECT' THEN json_merge_patch(m->'$.body', m->'$.attributes')
            WHEN in_attributes THEN m->'$.attributes'
            WHEN json_type(m, '$.body') = 'OBJECT' THEN m->'$.body'
            WHEN json_type(m, '$.body') = 'VARCHAR' AND json_valid(m->>'$.body') THEN (m->>'$.body')::JSON
            ELSE m
        END AS o,
        CASE WHEN NOT is_bare AND (in_attributes OR json_exists(m, '$.body')) THEN m END AS lender,
        try_cast(lender->>'$.timeUnixNano' AS BIGINT) AS nanos
    FROM records
),
fields AS (
    SELECT *, o->>'$."event.name"' AS event_name, nullif(o->>'$.event_id', '') AS own_id,
        coalesce(o->>'$.timestamp', CASE WHEN nanos // 1000000000 BETWEEN 946684800 AND 4102444799
            THEN strftime(make_timestamp(nanos // 1000), '%Y-%m-%dT%H:%M:%S.%fZ') END) AS at_text,
        o->>'$.observed_timestamp' AS observed_text, o->>'$."escalation.picked_up_at"' AS picked_up_text,
        lower(replace(regexp_replace(coalesce(nullif(o->>'$.trace_id', ''), nullif(o->>'$.traceId', ''),
            nullif(nullif(lender->>'$.traceId', repeat('0', 32)), '')), '^1-', ''), '-', '')) AS trace,
        nullif(o->>'$."session.id"', '') AS session, nullif(o->>'$."task.id"', '') AS task,
        nullif(o->>'$."gen_ai.agent.name"', '') AS named, coalesce(nullif(o->>'$."gen_ai.agent.id"', ''), CASE WHEN named IS NULL
            THEN nullif(regexp_extract(lender->>'$.resource.attributes."cloud.resource_id"', 'runtime/([^/]+)', 1), '') END) AS identified,
        o->>'$."label.source"' AS label_word, o->>'$."label.annotator"' AS annotator_text,
        o->>'$."gen_ai.evaluation.name"' AS rubric, o->>'$."business.currency"' AS currency,
        json_extract(o, ['$.event_id', '$.supersedes', '$.record_key', '$."gen_ai.agent.name"', '$."gen_ai.agent.id"',
            '$."gen_ai.agent.version"', '$."deployment.environment.name"', '$."session.id"', '$.trace_id', '$.traceId', '$."task.id"',
            '$."task.type"', '$."escalation.target"', '$."label.annotator"', '$."gen_ai.evaluation.name"',
            '$."gen_ai.evaluation.score.label"', '$.reason_code', '$."business.currency"']) AS texts,
        json_extract(o, ['$.confidence', '$."gen_ai.evaluation.score.value"', '$."label.inclusion_probability"',
            '$.human_baseline_minutes', '$.human_review_minutes', '$."business.value"']) AS numbers,
        -- Not finite: what is no number, or too great for one.
        list_transform(numbers, lambda v: CASE WHEN coalesce(json_type(v), 'NULL') = 'NULL' THEN NULL
            WHEN json_type(v) IN ('DOUBLE', 'UBIGINT', 'BIGINT') AND isfinite(try_cast(v->>'$' AS DOUBLE)) THEN try_cast(v->>'$' AS DOUBLE)
            ELSE 'inf'::DOUBLE END) AS x,
        json_extract(o, '$.segment') AS seg,
        list_transform([at_text, observed_text, picked_up_text], lambda v: utc_timestamp(v) IS NOT NULL AND regexp_full_match(v,
            '20\d\d-\d\d-\d\d[T ]([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?')) AS is_time,
        list_transform(json_extract_string(o, ['$."escalation.target"', '$."gen_ai.evaluation.score.label"', '$.reason_code', '$.segment']),
            lambda v: nullif(regexp_replace(v, '[^\s"<>@]+@[^\s"<>@]+', '[e-mail]', 'g'), '')) AS masked
    FROM unwrapped
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE WHEN e IS NOT NULL AND kind = 'OBJECT' AND event_name IS DISTINCT FROM 'agent.outcome' THEN 'other_record' END AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN kind <> 'OBJECT' THEN 'not_an_object'
        WHEN coalesce(json_type(o, '$.schema_version') <> 'VARCHAR', true) OR o->>'$.schema_version' NOT LIKE '1.%' THEN 'unknown_schema'
        WHEN len(list_filter(texts, lambda v: json_type(v) NOT IN ('VARCHAR', 'UBIGINT', 'BIGINT', 'NULL'))) > 0 THEN 'not_a_text'
        WHEN len(list_filter(texts, lambda v: length(v->>'$') > 1000)) > 0 THEN 'text_too_long'
        WHEN own_id IS NULL THEN 'missing_id'
        WHEN own_id = o->>'$.supersedes' THEN 'supersedes_itself'
        WHEN NOT is_time[1] THEN 'missing_time'
        WHEN observed_text IS NOT NULL AND NOT is_time[2] THEN 'bad_observed_time'
        WHEN picked_up_text IS NOT NULL AND NOT is_time[3] THEN 'bad_pickup_time'
        WHEN coalesce(trace, session, task) IS NULL THEN 'missing_subject'
        WHEN NOT regexp_full_match(trace, '[0-9a-f]{32}') THEN 'bad_trace_id'
        WHEN trace IS NULL AND coalesce(named, identified) IS NULL THEN 'missing_agent'
        WHEN o->>'$."task.outcome"' NOT IN ('success', 'partial', 'failure', 'failed', 'abandoned', 'unknown') THEN 'unknown_outcome'
        WHEN o->>'$."escalation.reason"' NOT IN ('low_confidence', 'policy', 'guardrail', 'tool_failure', 'tool_error', 'user_request',
            'supervisor', 'missing_capability', 'timeout', 'high_risk', 'other') THEN 'unknown_reason'
        WHEN label_word NOT IN ('human_end_user', 'human_expert', 'human', 'llm', 'code', 'system', 'heuristic') THEN 'unknown_label_source'
        WHEN o->>'$."guardrail.action"' NOT IN ('none', 'detected', 'masked', 'blocked', 'intervened') THEN 'unknown_guardrail_action'
        WHEN len(list_filter(json_type(o, ['$."task.accepted"', '$."task.corrected"', '$."escalation.escalated"']),
            lambda k: k NOT IN ('BOOLEAN', 'NULL'))) > 0 THEN 'not_a_flag'
        WHEN x[1] NOT BETWEEN 0 AND 1 THEN 'bad_confidence'
        WHEN x[2] NOT BETWEEN 0 AND 1 THEN 'bad_score'
        WHEN x[3] <= 0 OR x[3] > 1 THEN 'bad_probability'
        WHEN x[4] < 0 OR isinf(x[4]) OR x[5] < 0 OR isinf(x[5]) OR isinf(x[6]) THEN 'bad_amount'
        WHEN NOT coalesce(regexp_full_match(nullif(currency, ''), '[A-Z]{3}'), x[6] IS NULL) THEN 'bad_currency'
        WHEN coalesce(rubric, '') = '' AND (x[2] IS NOT NULL OR o->>'$."gen_ai.evaluation.score.label"' <> '') THEN 'missing_rubric'
        WHEN json_type(seg) NOT IN ('OBJECT', 'NULL') OR len(list_filter(json_extract(seg, '$.*'),
            lambda v: json_type(v) IN ('OBJECT', 'ARRAY') OR (json_type(v) = 'VARCHAR' AND length(v->>'$') > 1000))) > 0 THEN 'bad_segment'
    END AS reject,
    own_id AS event_id, nullif(o->>'$.supersedes', '') AS supersedes, utc_timestamp(at_text) AS happened_at,
    utc_timestamp(observed_text) AS observed_at, getvariable('account_id') AS account_id, getvariable('region') AS region,
    named AS agent_name, identified AS agent_id, nullif(o->>'$."gen_ai.agent.version"', '') AS agent_version,
    nullif(o->>'$."deployment.environment.name"', '') AS environment, session AS session_id, trace AS trace_id, task AS task_key,
    nullif(o->>'$."task.type"', '') AS task_type,
    CASE o->>'$."task.outcome"' WHEN 'failure' THEN 'failed' WHEN 'unknown' THEN NULL ELSE o->>'$."task.outcome"' END AS outcome,
    try_cast(o->>'$."task.accepted"' AS BOOLEAN) AS accepted, try_cast(o->>'$."task.corrected"' AS BOOLEAN) AS corrected,
    try_cast(o->>'$."escalation.escalated"' AS BOOLEAN) AS escalated,
    CASE o->>'$."escalation.reason"' WHEN 'tool_error' THEN 'tool_failure' ELSE o->>'$."escalation.reason"' END AS escalation_reason,
    masked[1] AS escalation_target, utc_timestamp(picked_up_text) AS picked_up_at, x[1] AS confidence, o->>'$."guardrail.action"' AS guardrail_action,
    CASE label_word WHEN 'human' THEN 'human_expert' ELSE label_word END AS label_source,
    CASE
        WHEN annotator_text = '' THEN NULL
        WHEN regexp_full_match(annotator_text, '(role|team|queue|system|judge|model):[^@]+') OR getvariable('source_name') = 'journal'
            OR (label_word IN ('llm', 'code', 'system', 'heuristic') AND NOT contains(annotator_text, '@')) THEN annotator_text
        ELSE 'person:' || left(sha256(lower(trim(annotator_text))), 16)
    END AS annotator,
    nullif(rubric, '') AS evaluation_name, x[2] AS score, masked[2] AS score_label,
    x[3] AS inclusion_probability, masked[3] AS reason_code, x[6] AS business_value,
    nullif(currency, '') AS business_currency, x[4] AS human_baseline_minutes, x[5] AS human_review_minutes,
    masked[4] AS segment, coalesce(getvariable('source_name'), 'outcome_events') AS source,
    nullif(o->>'$.record_key', '') AS record_key
FROM fields
