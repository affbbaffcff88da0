-- feed: action_records
-- into: raw.action_records
-- key: event_id, record_hash
-- One row per `action.registered` record of the journal: what somebody means to do, and what it has to change. The key holds the record
-- itself, so that a second record under the same id is another row and changes nothing: of one id the earliest counts.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
),
typed AS (
    SELECT e, md5(m::VARCHAR) AS record_hash, m, m->>'$."event.name"' AS event_name, nullif(m->>'$."gen_ai.agent.id"', '') AS agent_id,
        nullif(trim(m->>'$.title'), '') AS title, nullif(m->>'$.kpi', '') AS kpi, m->>'$.direction' AS direction,
        try_cast(m->>'$.materiality' AS DOUBLE) AS materiality, try_cast(m->>'$.baseline_from' AS DATE) AS baseline_from,
        try_cast(m->>'$.baseline_to' AS DATE) AS baseline_to, nullif(trim(m->>'$.entered_by'), '') AS entered_by,
        utc_timestamp(m->>'$.timestamp') AS entered_at, coalesce(nullif(m->>'$.design', ''), 'before_after') AS design,
        nullif(m->>'$.control_agent', '') AS control_agent, try_cast(m->>'$.split' AS DOUBLE) AS split,
        nullif(m->>'$.task_type', '') AS task_type
    FROM records
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at,
    CASE WHEN event_name IS DISTINCT FROM 'action.registered' THEN 'other_record' END AS skip,
    CASE
        WHEN coalesce(e, '') = '' THEN 'missing_id'
        WHEN entered_at IS NULL THEN 'missing_time'
        WHEN agent_id IS NULL THEN 'missing_agent'
        WHEN title IS NULL THEN 'missing_title'
        WHEN kpi IS NULL THEN 'missing_kpi'
        WHEN direction IS NULL OR direction NOT IN ('up', 'down') THEN 'unknown_direction'
        WHEN materiality IS NULL OR materiality <= 0 THEN 'missing_materiality'
        WHEN baseline_from IS NULL OR baseline_to IS NULL OR baseline_to <= baseline_from THEN 'missing_baseline'
        WHEN entered_by IS NULL THEN 'missing_person'
        WHEN design NOT IN ('before_after', 'split', 'version', 'agent', 'kinds') THEN 'unknown_design'
        WHEN design = 'split' AND (split IS NULL OR split <= 0 OR split >= 1) THEN 'missing_split'
        WHEN design = 'agent' AND (control_agent IS NULL OR control_agent = agent_id) THEN 'missing_control'
        WHEN design = 'kinds' AND task_type IS NULL THEN 'missing_kind'
        WHEN length(m::VARCHAR) > 4000 THEN 'text_too_long'
    END AS reject,
    e AS event_id, record_hash, agent_id, title, nullif(trim(m->>'$.owner'), '') AS owner, nullif(m->>'$.insight_id', '') AS insight_id,
    nullif(m->>'$.signature', '') AS signature, utc_timestamp(m->>'$.insight_at') AS insight_at, kpi, coalesce(m->>'$.slice', '') AS slice,
    direction, materiality, coalesce((m->'$.guards')::VARCHAR, '[]') AS guards, baseline_from, baseline_to,
    try_cast(m->>'$.spell_from' AS DATE) AS spell_from, try_cast(m->>'$.spell_to' AS DATE) AS spell_to,
    try_cast(m->>'$.min_days' AS INTEGER) AS min_days, nullif(m->>'$.grade', '') AS grade, entered_by, entered_at,
    design, control_agent, split, task_type
FROM typed
