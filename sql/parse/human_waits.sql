-- feed: human_waits
-- into: raw.human_waits
-- key: execution_arn, event_id
-- time: submitted_at
-- Waits of an execution for somebody's answer, one per scheduled task; read again while open, an end that is known wins.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(execution_arn VARCHAR, event_id BIGINT, state VARCHAR,
        resource VARCHAR, submitted_at TIMESTAMP, ended_at TIMESTAMP, outcome VARCHAR)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m.submitted_at AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN coalesce(m.execution_arn, '') = '' OR m.event_id IS NULL THEN 'missing_id'
         WHEN m.submitted_at IS NULL THEN 'missing_time'
         WHEN m.ended_at < m.submitted_at THEN 'negative_duration' END AS reject,
    m.execution_arn AS execution_arn, m.event_id AS event_id, m.state AS state, m.resource AS resource,
    m.submitted_at AS submitted_at, m.ended_at AS ended_at, m.outcome AS outcome
FROM records
