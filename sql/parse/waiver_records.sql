-- feed: waiver_records
-- into: raw.waivers
-- key: event_id
-- One row per `readiness.waiver` record of the journal: somebody accepts that a criterion is not met, until a day.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT("event.name" VARCHAR, event_id VARCHAR, "timestamp" VARCHAR,
        "gen_ai.agent.id" VARCHAR, criterion VARCHAR, until VARCHAR, reason VARCHAR, waived_by VARCHAR)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at,
    CASE WHEN m."event.name" IS DISTINCT FROM 'readiness.waiver' THEN 'other_record' END AS skip,
    CASE
        WHEN coalesce(m.event_id, '') = '' THEN 'missing_id'
        WHEN utc_timestamp(m."timestamp") IS NULL THEN 'missing_time'
        WHEN coalesce(m."gen_ai.agent.id", '') = '' THEN 'missing_agent'
        WHEN coalesce(m.criterion, '') = '' THEN 'missing_criterion'
        WHEN try_cast(m.until AS DATE) IS NULL THEN 'missing_end'
        WHEN coalesce(trim(m.reason), '') = '' THEN 'missing_reason'
        WHEN coalesce(trim(m.waived_by), '') = '' THEN 'missing_person'
        WHEN greatest(length(m.reason), length(m.waived_by)) > 1000 THEN 'text_too_long'
    END AS reject,
    m.event_id, m."gen_ai.agent.id" AS agent_id, m.criterion, try_cast(m.until AS DATE) AS until_day, m.reason, m.waived_by,
    utc_timestamp(m."timestamp") AS entered_at
FROM records
