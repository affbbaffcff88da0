-- feed: change_records
-- into: raw.noted_changes
-- key: event_id
-- One row per `agent.change` record of the journal, or event beside outcome events: what somebody or a pipeline says was changed, and
-- when. agent_id NULL: more than one agent. A `load` is
-- no change: it says when the data that agents look up was last brought up to date.
WITH records AS (
    SELECT e, m AS o, m->>'$."event.name"' AS event_name, utc_timestamp(m->>'$.changed_at') AS changed_at
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        columns = {t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'JSON'})
)
SELECT
    e AS delivery_id, NULL::TIMESTAMP AS ingested_at, NULL::TIMESTAMP AS event_at,
    CASE WHEN event_name IS DISTINCT FROM 'agent.change' THEN 'other_record' END AS skip,
    CASE
        WHEN coalesce(e, '') = '' THEN 'missing_id'
        WHEN changed_at IS NULL THEN 'missing_time'
        WHEN coalesce(o->>'$.kind', '') NOT IN ('agent', 'prompt', 'model', 'tool', 'guardrail', 'threshold', 'config', 'data', 'price', 'load')
            THEN 'unknown_kind'
        WHEN length(coalesce(o->>'$.before', '')) > 200 OR length(coalesce(o->>'$.after', '')) > 200
            OR length(coalesce(o->>'$.resource', '')) > 200 THEN 'text_too_long'
    END AS reject,
    coalesce(nullif(o->>'$.event_id', ''), e) AS event_id, nullif(o->>'$."gen_ai.agent.id"', '') AS agent_id, changed_at, o->>'$.kind' AS kind,
    nullif(o->>'$.before', '') AS before_value, nullif(o->>'$.after', '') AS after_value, nullif(o->>'$.resource', '') AS resource,
    utc_timestamp(o->>'$.timestamp') AS noted_at, nullif(o->>'$.noted_by', '') AS noted_by
FROM records
