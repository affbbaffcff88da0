-- feed: action_step_records
-- into: raw.action_steps
-- key: event_id, record_hash
-- One row per `action.step` record of the journal: an action moved on, or its verdict was written down.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
typed AS (
    SELECT e, md5(m::VARCHAR) AS record_hash, m, m->>'$."event.name"' AS event_name, nullif(m->>'$.action_id', '') AS action_id,
        m->>'$.step' AS step, nullif(trim(m->>'$.reason'), '') AS reason, utc_timestamp(m->>'$.changed_at') AS changed_at,
        nullif(m->>'$.verdict', '') AS verdict, nullif(trim(m->>'$.entered_by'), '') AS entered_by,
        utc_timestamp(m->>'$.timestamp') AS entered_at
    FROM records
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at,
    CASE WHEN event_name IS DISTINCT FROM 'action.step' THEN 'other_record' END AS skip,
    CASE
        WHEN coalesce(e, '') = '' THEN 'missing_id'
        WHEN entered_at IS NULL THEN 'missing_time'
        WHEN action_id IS NULL THEN 'missing_action'
        WHEN step IS NULL OR step NOT IN ('accepted', 'shipped', 'verdict', 'kept', 'reverted', 'dismissed') THEN 'unknown_step'
        WHEN step = 'shipped' AND changed_at IS NULL THEN 'missing_change'
        WHEN step = 'dismissed' AND reason IS NULL THEN 'missing_reason'
        WHEN step = 'verdict' AND verdict IS NULL THEN 'missing_verdict'
        WHEN verdict NOT IN ('improved', 'improved_size_unclear', 'no_material_change', 'worse', 'worse_size_unclear', 'trade_off')
            THEN 'unknown_verdict'
        WHEN entered_by IS NULL THEN 'missing_person'
        WHEN length(m::VARCHAR) > 4000 THEN 'text_too_long'
    END AS reject,
    e AS event_id, record_hash, action_id, step, reason, nullif(m->>'$.change_id', '') AS change_id, changed_at, verdict,
    try_cast(m->>'$.as_of' AS DATE) AS as_of, try_cast(m->>'$.effect' AS DOUBLE) AS effect,
    try_cast(m->>'$.effect_low' AS DOUBLE) AS effect_low, try_cast(m->>'$.effect_high' AS DOUBLE) AS effect_high,
    try_cast(m->>'$.usd_month' AS DOUBLE) AS usd_month, try_cast(m->>'$.usd_low' AS DOUBLE) AS usd_low,
    try_cast(m->>'$.usd_high' AS DOUBLE) AS usd_high, nullif(m->>'$.grade', '') AS grade, entered_by, entered_at
FROM typed
