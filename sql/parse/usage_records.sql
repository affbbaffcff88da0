-- feed: usage_records
-- into: raw.usage_hours
-- key: account_id, region, resource_id, session_id, kind, hour, logged_hour
-- time: logged_hour
-- sums: vcpu_hours, gb_hours, seconds, records
-- AgentCore USAGE_LOGS, one line a session and second, added up by hour on reading: nothing of a second is kept. Amounts are decimals,
-- because sums of those do not depend on their order; 15 places are more than AWS gives. The same event twice in a batch counts once.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(resource_arn VARCHAR, event_timestamp VARCHAR,
        attributes STRUCT("resource.id" VARCHAR, "session.id" VARCHAR, "agent.name" VARCHAR, time_elapsed_seconds VARCHAR,
        elapsed_time_seconds VARCHAR), metrics STRUCT("agent.runtime.vcpu.hours.used" VARCHAR,
        "agent.runtime.memory.gb_hours.used" VARCHAR, "browser.vcpu.hours.used" VARCHAR, "browser.memory.gb_hours.used" VARCHAR,
        "codeInterpreter.vcpu.hours.used" VARCHAR, "codeInterpreter.memory.gb_hours.used" VARCHAR))'})
),
fields AS (
    SELECT t, i, e, m.metrics AS measured, m.attributes AS said,
        coalesce(m.attributes."resource.id", m.resource_arn) AS resource_id, m.attributes."session.id" AS session_id,
        try_cast(m.event_timestamp AS BIGINT) AS at_ms,
        m.metrics."agent.runtime.vcpu.hours.used" AS runtime_vcpu, m.metrics."agent.runtime.memory.gb_hours.used" AS runtime_gb,
        m.metrics."browser.vcpu.hours.used" AS browser_vcpu, m.metrics."browser.memory.gb_hours.used" AS browser_gb,
        m.metrics."codeInterpreter.vcpu.hours.used" AS code_vcpu, m.metrics."codeInterpreter.memory.gb_hours.used" AS code_gb,
        m.attributes."agent.name" AS agent_name,
        coalesce(m.attributes.time_elapsed_seconds, m.attributes.elapsed_time_seconds) AS seconds_text
    FROM records
),
amounts AS (
    SELECT *, coalesce(runtime_vcpu, browser_vcpu, code_vcpu) AS vcpu_text, coalesce(runtime_gb, browser_gb, code_gb) AS gb_text,
        try_cast(vcpu_text AS DECIMAL(18,15)) AS vcpu_hours, try_cast(gb_text AS DECIMAL(18,15)) AS gb_hours,
        try_cast(seconds_text AS DECIMAL(18,6)) AS seconds,
        CASE WHEN runtime_vcpu IS NOT NULL OR runtime_gb IS NOT NULL THEN 'runtime'
             WHEN browser_vcpu IS NOT NULL OR browser_gb IS NOT NULL THEN 'browser'
             WHEN code_vcpu IS NOT NULL OR code_gb IS NOT NULL THEN 'code_interpreter' END AS kind
    FROM fields
)
SELECT e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, make_timestamp(t * 1000) AS event_at,
    CASE WHEN e IS NOT NULL AND measured IS NULL THEN 'other_record'
         WHEN e <> '' AND row_number() OVER (PARTITION BY e) > 1 THEN 'same_event' END AS skip,
    CASE WHEN e IS NULL THEN 'malformed_json'
         WHEN kind IS NULL THEN 'unknown_metric'
         WHEN coalesce(resource_id, '') = '' OR coalesce(session_id, '') = '' THEN 'missing_id'
         WHEN at_ms IS NULL OR t IS NULL THEN 'missing_time'
         WHEN (vcpu_text IS NOT NULL AND vcpu_hours IS NULL) OR (gb_text IS NOT NULL AND gb_hours IS NULL)
             OR vcpu_hours < 0 OR gb_hours < 0 OR seconds < 0 THEN 'bad_amount' END AS reject,
    getvariable('account_id') AS account_id, getvariable('region') AS region, resource_id, session_id, kind,
    date_trunc('hour', make_timestamp(at_ms * 1000)) AS hour, date_trunc('hour', make_timestamp(t * 1000)) AS logged_hour,
    agent_name, vcpu_hours, gb_hours, seconds, 1::BIGINT AS records
FROM amounts
