-- table: executions
-- grain: one row per execution of a state machine
-- replaces: true
-- column execution_arn: ARN of the execution
-- column state_machine_arn: ARN of the state machine, without version
-- column agent_id: the agent whose contract names the machine, its version or its alias as host; NULL where none does
-- column agent_version: version number of the machine, else the alias; NULL where neither was used
-- column account_id: AWS account
-- column region: AWS Region
-- column day: calendar day of the start (of the end, where the start is not known) in the organisation's time zone
-- column started_at: start, UTC; NULL where only the end was logged
-- column ended_at: end, UTC; NULL while it runs
-- column duration_ms: end minus start, ms; with redrives the time between them is inside
-- column status: running, succeeded, failed, timed_out, cancelled (aborted), pending_redrive: the machine's own, never a verdict
-- column redrives: how often it was taken up again after it had failed
-- column error_type: name of the error, where a log line tells
-- column transitions: states entered; NULL where its history was not read
-- column cost_usd: transitions × list price in us-east-1, USD; NULL where the transitions are not known
-- column price_state: estimated or unpriced; never priced, because this is no bill
WITH meters AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY meter ORDER BY valid_from) AS valid_to
    FROM read_csv(replace(getvariable('price_book'), 'prices.csv', 'meters.csv'), header = true, auto_detect = false,
        columns = {meter: 'VARCHAR', unit: 'VARCHAR', usd: 'DECIMAL(18,12)', valid_from: 'DATE', source: 'VARCHAR', read_on: 'DATE'})
),
hosts AS (SELECT host, min(agent_id) AS agent_id FROM config.hosts GROUP BY host),
whole AS (
    SELECT execution_arn, max(state_machine_arn) AS state_machine_arn, max(version_arn) AS version_arn, max(alias_arn) AS alias_arn,
        max(account_id) AS account_id, max(region) AS region, max(progress) AS progress, min(started_at) AS started_at,
        max(ended_at) AS last_end, max(redrives) AS redrives, max(error_type) AS error_type, max(transitions) AS transitions
    FROM raw.executions GROUP BY execution_arn
),
known AS (
    SELECT *, split_part(progress, '|', 3) AS state,
        CASE WHEN split_part(progress, '|', 3) NOT IN ('RUNNING', 'PENDING_REDRIVE') THEN last_end END AS ended_at
    FROM whole
)
SELECT k.execution_arn, k.state_machine_arn, coalesce(v.agent_id, a.agent_id, m.agent_id) AS agent_id,
    coalesce(nullif(split_part(k.version_arn, ':', 8), ''), nullif(split_part(k.alias_arn, ':', 8), '')) AS agent_version,
    k.account_id, k.region, local_day(coalesce(k.started_at, k.last_end)) AS day, k.started_at, k.ended_at,
    date_diff('microsecond', k.started_at, k.ended_at) / 1000.0 AS duration_ms,
    CASE k.state WHEN 'ABORTED' THEN 'cancelled' ELSE lower(k.state) END AS status, k.redrives,
    CASE WHEN k.state IN ('FAILED', 'TIMED_OUT', 'ABORTED') THEN k.error_type END AS error_type, k.transitions,
    (k.transitions * p.usd)::DECIMAL(18,9) AS cost_usd,
    CASE WHEN k.transitions * p.usd IS NULL THEN 'unpriced' ELSE 'estimated' END AS price_state
FROM known k
LEFT JOIN hosts v ON v.host = k.version_arn
LEFT JOIN hosts a ON a.host = k.alias_arn
LEFT JOIN hosts m ON m.host = k.state_machine_arn
LEFT JOIN meters p ON p.meter = 'stepfunctions_transition' AND k.started_at >= p.valid_from
    AND (p.valid_to IS NULL OR k.started_at < p.valid_to)
ORDER BY k.started_at, k.execution_arn
