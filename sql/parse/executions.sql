-- feed: executions
-- into: raw.executions
-- key: execution_arn, record
-- time: recorded_at
-- Executions of state machines: rows as listed, and the log lines of an execution's beginning and end (the only trace of an
-- EXPRESS one). Inputs, outputs and causes are never read. `progress` sorts: a later redrive wins, and a finished state
-- beats RUNNING whatever came first.
WITH records AS (
    FROM read_json(getvariable('spool'), format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = 33554432, columns = {
        t: 'BIGINT', i: 'BIGINT', e: 'VARCHAR', g: 'VARCHAR', m: 'STRUCT(
        execution_arn VARCHAR, status VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP, redrives INTEGER, transitions BIGINT,
        version_arn VARCHAR, alias_arn VARCHAR, id VARCHAR, "type" VARCHAR, event_timestamp VARCHAR, redrive_count VARCHAR,
        details STRUCT("error" VARCHAR, stateMachineVersionArn VARCHAR, stateMachineAliasArn VARCHAR))'})
),
known AS (
    SELECT t, i, e, m, m."type" IS NULL AS listed, m.details AS d,
        make_timestamp(try_cast(m.event_timestamp AS BIGINT) * 1000) AS event_time,
        coalesce(m.redrives, try_cast(m.redrive_count AS INTEGER), 0) AS redrives,
        CASE m."type" WHEN 'ExecutionStarted' THEN 'RUNNING' WHEN 'ExecutionSucceeded' THEN 'SUCCEEDED'
            WHEN 'ExecutionFailed' THEN 'FAILED' WHEN 'ExecutionAborted' THEN 'ABORTED' WHEN 'ExecutionTimedOut' THEN 'TIMED_OUT'
            ELSE CASE WHEN m."type" IS NULL THEN m.status END END AS state
    FROM records
)
SELECT e AS delivery_id, make_timestamp(i * 1000) AS ingested_at, coalesce(m.started_at, event_time) AS event_at,
    CASE WHEN NOT listed AND m.execution_arn IS NOT NULL AND state IS NULL THEN 'other_event'
         WHEN listed AND e IS NOT NULL AND m.status IS NULL AND m.started_at IS NULL THEN 'other_record' END AS skip,
    CASE WHEN e IS NULL OR m IS NULL THEN 'malformed_json'
         WHEN NOT regexp_matches(coalesce(m.execution_arn, ''), '^arn:[^:]+:states:[^:]*:[^:]*:(execution|express):.') THEN 'missing_id'
         WHEN coalesce(m.started_at, event_time) IS NULL THEN 'missing_time'
         WHEN state IS NULL OR state NOT IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE') THEN 'unknown_status'
         WHEN m.ended_at < m.started_at THEN 'negative_duration' END AS reject,
    m.execution_arn AS execution_arn, CASE WHEN listed THEN 'listed' WHEN state = 'RUNNING' THEN 'started' ELSE 'ended' END AS record,
    coalesce(m.started_at, event_time) AS recorded_at,
    coalesce(nullif(split_part(m.execution_arn, ':', 5), ''), getvariable('account_id')) AS account_id,
    coalesce(nullif(split_part(m.execution_arn, ':', 4), ''), getvariable('region')) AS region,
    regexp_replace(m.execution_arn, '^(arn:[^:]+:states:[^:]*:[^:]*):(?:execution|express):([^:/]+).*$', '\1:stateMachine:\2') AS state_machine_arn,
    coalesce(m.version_arn, d.stateMachineVersionArn) AS version_arn, coalesce(m.alias_arn, d.stateMachineAliasArn) AS alias_arn,
    printf('%05d|%d|%s', redrives, CASE state WHEN 'RUNNING' THEN 0 WHEN 'PENDING_REDRIVE' THEN 2 ELSE 1 END, state) AS progress,
    CASE WHEN listed THEN m.started_at WHEN state = 'RUNNING' THEN event_time END AS started_at,
    CASE WHEN listed THEN m.ended_at WHEN state <> 'RUNNING' THEN event_time END AS ended_at,
    redrives, m.transitions AS transitions, d."error" AS error_type
FROM known
