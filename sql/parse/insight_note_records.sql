-- feed: insight_note_records
-- into: raw.insight_notes
-- key: event_id, record_hash
-- One row per `insight.note` record of the journal: what somebody decided about a finding, or about the issue it belongs to.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
typed AS (
    SELECT e, md5(m::VARCHAR) AS record_hash, m, m->>'$."event.name"' AS event_name, nullif(m->>'$."gen_ai.agent.id"', '') AS agent_id,
        m->>'$.subject' AS subject, nullif(m->>'$.subject_id', '') AS subject_id, m->>'$.verb' AS verb,
        nullif(trim(m->>'$.owner'), '') AS owner, try_cast(m->>'$.worth_raising' AS BOOLEAN) AS worth_raising,
        nullif(trim(m->>'$.reason'), '') AS reason, nullif(trim(m->>'$.entered_by'), '') AS entered_by,
        utc_timestamp(m->>'$.timestamp') AS entered_at
    FROM records
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at,
    CASE WHEN event_name IS DISTINCT FROM 'insight.note' THEN 'other_record' END AS skip,
    CASE
        WHEN coalesce(e, '') = '' THEN 'missing_id'
        WHEN entered_at IS NULL THEN 'missing_time'
        WHEN agent_id IS NULL THEN 'missing_agent'
        WHEN subject_id IS NULL THEN 'missing_subject'
        WHEN NOT coalesce(CASE subject
            WHEN 'insight' THEN verb IN ('assign', 'accept', 'dismiss', 'grade')
            WHEN 'issue' THEN verb IN ('assign', 'resolve', 'ignore', 'mute', 'unmute', 'reopen') END, false) THEN 'unknown_verb'
        WHEN verb = 'assign' AND owner IS NULL THEN 'missing_owner'
        WHEN verb = 'grade' AND worth_raising IS NULL THEN 'missing_grade'
        WHEN (verb = 'dismiss' OR (verb = 'grade' AND NOT worth_raising)) AND reason IS NULL THEN 'missing_reason'
        WHEN entered_by IS NULL THEN 'missing_person'
        WHEN length(m::VARCHAR) > 4000 THEN 'text_too_long'
    END AS reject,
    e AS event_id, record_hash, agent_id, subject, subject_id, nullif(m->>'$.signature', '') AS signature, verb, owner, worth_raising,
    reason, entered_by, entered_at
FROM typed
