-- table: usage
-- grain: one row per AgentCore resource × session × hour
-- replaces: true
-- column account_id: AWS account
-- column region: AWS Region
-- column resource: ARN or id of the runtime endpoint, browser or code interpreter, as its usage log names it
-- column kind: runtime, browser, code_interpreter
-- column agent_id: agent by the runtime id in the ARN, or by the hosts that ledger.toml declares; unattributed where neither tells
-- column agent_name: name on the usage log
-- column session_id: session, as on spans and tasks; a tool's session has an id of its own
-- column day: calendar day of the hour, in the organisation's time zone
-- column hour: hour, UTC
-- column vcpu_hours: vCPU hours used; NULL = not in the log
-- column gb_hours: memory used, GB hours; NULL = not in the log
-- column seconds: seconds that the records cover
-- column cost_usd: what that costs at list price in us-east-1, USD: an estimate, AWS bills otherwise; NULL = a meter without a price
-- column cost_state: estimated, partial (a reading is missing: a lower bound), or unpriced; never priced, because usage logs are no bill
WITH meters AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY meter ORDER BY valid_from) AS valid_to
    FROM read_csv(replace(getvariable('price_book'), 'prices.csv', 'meters.csv'), header = true, auto_detect = false,
        columns = {meter: 'VARCHAR', unit: 'VARCHAR', usd: 'DECIMAL(18,9)', valid_from: 'DATE', source: 'VARCHAR', read_on: 'DATE'})
),
hours AS (
    SELECT account_id, region, resource_id, session_id, kind, hour, max(agent_name) AS agent_name, sum(vcpu_hours) AS vcpu_hours,
        sum(gb_hours) AS gb_hours, sum(seconds) AS seconds, regexp_extract(resource_id, '^(.*:(?:runtime|browser|code-interpreter)[^/]*/[^/]+)', 1) AS whole
    FROM raw.usage_hours GROUP BY ALL
),
owners AS (
    SELECT r.resource_id, min(h.agent_id) AS agent_id
    FROM (SELECT DISTINCT resource_id, whole FROM hours) r
    JOIN config.hosts h ON h.host IN (r.resource_id, r.whole) OR ends_with(r.whole, '/' || h.host)
    GROUP BY r.resource_id
),
priced AS (
    SELECT u.*, u.vcpu_hours::DOUBLE * c.usd AS cpu_usd, u.gb_hours::DOUBLE * g.usd AS memory_usd,
        (u.vcpu_hours IS NOT NULL AND c.usd IS NULL) OR (u.gb_hours IS NOT NULL AND g.usd IS NULL) AS lacks_price
    FROM hours u
    LEFT JOIN meters c ON c.meter = u.kind || '_vcpu' AND u.hour >= c.valid_from AND (c.valid_to IS NULL OR u.hour < c.valid_to)
    LEFT JOIN meters g ON g.meter = u.kind || '_memory' AND u.hour >= g.valid_from AND (g.valid_to IS NULL OR u.hour < g.valid_to)
)
SELECT p.account_id, p.region, p.resource_id AS resource, p.kind,
    coalesce(o.agent_id, nullif(regexp_extract(p.resource_id, ':runtime/([^/]+)', 1), ''), 'unattributed') AS agent_id, p.agent_name,
    p.session_id, local_day(p.hour) AS day, p.hour, p.vcpu_hours::DOUBLE AS vcpu_hours, p.gb_hours::DOUBLE AS gb_hours,
    p.seconds::DOUBLE AS seconds,
    CASE WHEN NOT p.lacks_price THEN coalesce(p.cpu_usd + p.memory_usd, p.cpu_usd, p.memory_usd) END::DECIMAL(18,9) AS cost_usd,
    CASE WHEN p.lacks_price THEN 'unpriced' WHEN p.vcpu_hours IS NULL OR p.gb_hours IS NULL THEN 'partial' ELSE 'estimated' END AS cost_state
FROM priced p LEFT JOIN owners o USING (resource_id)
ORDER BY p.hour, p.resource_id, p.session_id
