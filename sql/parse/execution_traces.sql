-- feed: execution_traces
-- into: raw.execution_traces
-- key: execution_arn, trace_id
-- time: started_at
-- touches: trace trace_id
-- The trace that an execution belongs to, by the trace header it was given; asked for where an execution was aborted or
-- redriven, because only then it changes what became of a task. `progress` sorts as in the feed executions.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR',
        m: 'STRUCT(execution_arn VARCHAR, trace_id VARCHAR, status VARCHAR, redrives INTEGER, started_at TIMESTAMP)'})
)
SELECT e AS delivery_id, NULL::TIMESTAMP AS ingested_at, m.started_at AS event_at, NULL::VARCHAR AS skip,
    CASE WHEN coalesce(m.execution_arn, '') = '' OR NOT regexp_full_match(coalesce(m.trace_id, ''), '[0-9a-f]{32}') THEN 'missing_id'
         WHEN m.started_at IS NULL THEN 'missing_time' END AS reject,
    m.execution_arn AS execution_arn, m.trace_id AS trace_id,
    regexp_replace(m.execution_arn, '^(arn:[^:]+:states:[^:]*:[^:]*):(?:execution|express):([^:/]+).*$', '\1:stateMachine:\2') AS state_machine_arn,
    m.started_at AS started_at,
    printf('%05d|%d|%s', coalesce(m.redrives, 0), CASE m.status WHEN 'RUNNING' THEN 0 WHEN 'PENDING_REDRIVE' THEN 2 ELSE 1 END, m.status) AS progress
FROM records
