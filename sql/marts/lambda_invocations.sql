-- table: lambda_invocations
-- grain: one row per invocation of a Lambda function that reported; each attempt of a retried request is one
-- replaces: true
-- column request_id: request id; a retry keeps it
-- column account_id: AWS account
-- column region: AWS Region
-- column function_name: name of the function
-- column function_version: version on the log stream, $LATEST where none was published; NULL = not told
-- column agent_id: the agent whose contract names the function as host; NULL where none does, or several do
-- column trace_id: W3C trace id, from the X-Ray header; NULL where the function is not traced
-- column day: calendar day of the start in the organisation's time zone
-- column started_at: report minus duration, UTC: about, to the time that writing the report took
-- column reported_at: when the report was written, UTC
-- column duration_ms: duration, ms
-- column billed_ms: billed duration, ms
-- column init_ms: cold start, ms; NULL = the environment was warm
-- column memory_mb: memory configured, MB
-- column memory_used_mb: most memory used, MB
-- column status: ok, error, timeout; NULL = the report does not say (text reports name only what Lambda itself saw fail)
-- column error_type: error as reported
-- column architecture: processor at the time of reading: x86_64 or arm64
-- column cost_usd: GB-seconds and request at list price in us-east-1, USD: an estimate, without free tier, volume tiers and plans
-- column price_state: estimated or unpriced; never priced, because this is no bill
WITH meters AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY meter ORDER BY valid_from) AS valid_to
    FROM read_csv(replace(getvariable('price_book'), 'prices.csv', 'meters.csv'), header = true, auto_detect = false,
        columns = {meter: 'VARCHAR', unit: 'VARCHAR', usd: 'DECIMAL(18,12)', valid_from: 'DATE', source: 'VARCHAR', read_on: 'DATE'})
),
-- What a host means: an account, a Region, a function and perhaps one version of it. A bare name means it everywhere.
hosts AS (
    SELECT DISTINCT agent_id, nullif(split_part(host, ':', 5), '') AS account_id, nullif(split_part(host, ':', 4), '') AS region,
        coalesce(nullif(split_part(host, ':', 7), ''), host) AS function_name, nullif(split_part(host, ':', 8), '') AS qualifier
    FROM config.hosts WHERE host NOT LIKE 'arn:%' OR host LIKE 'arn:%:lambda:%:function:%'
),
functions AS (SELECT DISTINCT account_id, region, function_name, function_version FROM raw.lambda_reports),
owners AS (
    SELECT f.account_id, f.region, f.function_name, f.function_version,
        min(h.agent_id) FILTER (h.qualifier = f.function_version) AS by_version,
        CASE WHEN count(DISTINCT h.agent_id) = 1 THEN min(h.agent_id) END AS by_function
    FROM functions f
    JOIN hosts h ON h.function_name = f.function_name AND coalesce(h.account_id, f.account_id) = f.account_id
        AND coalesce(h.region, f.region) = f.region
    GROUP BY ALL
),
timed AS (
    SELECT *, reported_at - to_microseconds(coalesce(round(duration_ms * 1000), 0)::BIGINT) AS started_at,
        (billed_ms / 1000 * memory_mb / 1024)::DECIMAL(18,6) AS gb_seconds
    FROM raw.lambda_reports
),
priced AS (
    SELECT r.*, (r.gb_seconds * g.usd + q.usd)::DECIMAL(18,9) AS cost_usd
    FROM timed r
    LEFT JOIN meters g ON g.meter = 'lambda_gb_second_' || r.architecture AND r.reported_at >= g.valid_from
        AND (g.valid_to IS NULL OR r.reported_at < g.valid_to)
    LEFT JOIN meters q ON q.meter = 'lambda_request' AND r.reported_at >= q.valid_from
        AND (q.valid_to IS NULL OR r.reported_at < q.valid_to)
)
SELECT p.request_id, p.account_id, p.region, p.function_name, p.function_version, coalesce(o.by_version, o.by_function) AS agent_id,
    p.trace_id, local_day(p.started_at) AS day, p.started_at, p.reported_at, p.duration_ms, p.billed_ms, p.init_ms, p.memory_mb,
    p.memory_used_mb, p.status, p.error_type, p.architecture, p.cost_usd,
    CASE WHEN p.cost_usd IS NULL THEN 'unpriced' ELSE 'estimated' END AS price_state
FROM priced p
LEFT JOIN owners o ON o.account_id = p.account_id AND o.region = p.region AND o.function_name = p.function_name
    AND o.function_version IS NOT DISTINCT FROM p.function_version
ORDER BY p.reported_at, p.function_name, p.request_id
