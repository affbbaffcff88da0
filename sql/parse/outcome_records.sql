-- feed: outcome_records
-- into: raw.outcomes
-- key: event_id
-- One row per `agent.outcome` event, raw, wrapped by Lambda's JSON logging (`message`) or by EventBridge (`detail`).
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        columns = {t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
unwrapped AS (
    SELECT t, i, e, json_type(m) AS kind,
        CASE
            WHEN json_exists(m, '$."event.name"') THEN m
            WHEN json_type(m, '$.message') = 'OBJECT' THEN json_extract(m, '$.message')
            WHEN json_type(m, '$.message') = 'VARCHAR' AND json_valid(json_extract_string(m, '$.message'))
                THEN json_extract_string(m, '$.message')::JSON
            WHEN json_type(m, '$.detail') = 'OBJECT' THEN json_extract(m, '$.detail')
            WHEN json_type(m, '$.attributes') = 'OBJECT' AND json_exists(m, '$.attributes."event.name"') THEN json_extract(m, '$.attributes')
            WHEN json_type(m, '$.body') = 'OBJECT' THEN json_extract(m, '$.body')
            ELSE m
        END AS o
    FROM records
),
fields AS (
    SELECT *, o->>'$."event.name"' AS event_name, o->>'$.schema_version' AS schema_version,
        o->>'$.event_id' AS own_id, o->>'$.timestamp' AS at_text, o->>'$."task.outcome"' AS outcome_text,
        o->>'$.confidence' AS confidence_text, o->>'$."gen_ai.evaluation.score.value"' AS score_text,
        o->>'$."label.inclusion_probability"' AS pi_text,
        coalesce(o->>'$.trace_id', o->>'$.traceId') AS trace_text
    FROM unwrapped
)
SELECT
    e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE WHEN e IS NOT NULL AND kind = 'OBJECT' AND event_name IS DISTINCT FROM 'agent.outcome' THEN 'other_record' END AS skip,
    CASE
        WHEN e IS NULL THEN 'malformed_json'
        WHEN kind <> 'OBJECT' THEN 'not_an_object'
        WHEN schema_version IS NULL OR schema_version NOT LIKE '1.%' THEN 'unknown_schema'
        WHEN coalesce(own_id, '') = '' THEN 'missing_id'
        WHEN utc_timestamp(at_text) IS NULL THEN 'missing_time'
        WHEN coalesce(trace_text, o->>'$."session.id"', o->>'$."task.id"') IS NULL THEN 'missing_subject'
        WHEN outcome_text NOT IN ('success', 'partial', 'failure', 'failed', 'abandoned', 'unknown') THEN 'unknown_outcome'
        WHEN confidence_text IS NOT NULL AND coalesce(try_cast(confidence_text AS DOUBLE) NOT BETWEEN 0 AND 1, true) THEN 'bad_confidence'
        WHEN score_text IS NOT NULL AND coalesce(try_cast(score_text AS DOUBLE) NOT BETWEEN 0 AND 1, true) THEN 'bad_score'
        WHEN pi_text IS NOT NULL AND coalesce(NOT (try_cast(pi_text AS DOUBLE) > 0 AND try_cast(pi_text AS DOUBLE) <= 1), true) THEN 'bad_probability'
    END AS reject,
    own_id AS event_id, o->>'$.supersedes' AS supersedes, utc_timestamp(at_text) AS happened_at,
    utc_timestamp(o->>'$.observed_timestamp') AS observed_at,
    getvariable('account_id') AS account_id, getvariable('region') AS region,
    o->>'$."gen_ai.agent.name"' AS agent_name, o->>'$."gen_ai.agent.id"' AS agent_id,
    o->>'$."gen_ai.agent.version"' AS agent_version, o->>'$."deployment.environment.name"' AS environment,
    o->>'$."session.id"' AS session_id, lower(replace(regexp_replace(trace_text, '^1-', ''), '-', '')) AS trace_id,
    o->>'$."task.id"' AS task_key, o->>'$."task.type"' AS task_type,
    CASE outcome_text WHEN 'failure' THEN 'failed' WHEN 'unknown' THEN NULL ELSE outcome_text END AS outcome,
    try_cast(o->>'$."task.accepted"' AS BOOLEAN) AS accepted, try_cast(o->>'$."task.corrected"' AS BOOLEAN) AS corrected,
    try_cast(o->>'$."escalation.escalated"' AS BOOLEAN) AS escalated,
    CASE o->>'$."escalation.reason"' WHEN 'tool_error' THEN 'tool_failure' ELSE o->>'$."escalation.reason"' END AS escalation_reason,
    o->>'$."escalation.target"' AS escalation_target, try_cast(confidence_text AS DOUBLE) AS confidence,
    o->>'$."guardrail.action"' AS guardrail_action,
    CASE o->>'$."label.source"' WHEN 'human' THEN 'human_expert' ELSE o->>'$."label.source"' END AS label_source,
    o->>'$."label.annotator"' AS annotator, o->>'$."gen_ai.evaluation.name"' AS evaluation_name,
    try_cast(score_text AS DOUBLE) AS score, o->>'$."gen_ai.evaluation.score.label"' AS score_label,
    try_cast(pi_text AS DOUBLE) AS inclusion_probability, o->>'$.reason_code' AS reason_code,
    try_cast(o->>'$."business.value"' AS DOUBLE) AS business_value, o->>'$."business.currency"' AS business_currency,
    try_cast(o->>'$.human_baseline_minutes' AS DOUBLE) AS human_baseline_minutes,
    try_cast(o->>'$.human_review_minutes' AS DOUBLE) AS human_review_minutes,
    CASE WHEN json_type(o, '$.segment') = 'OBJECT' THEN (o->'$.segment')::VARCHAR END AS segment,
    coalesce(getvariable('source_name'), 'outcome_events') AS source
FROM fields
