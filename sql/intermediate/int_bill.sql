-- grain: one row per billed line: a day's line of a Data Export, else of Cost Explorer
-- A Data Export goes before Cost Explorer on every day of an account that it covers; of two exports of one account and month one is read.
-- The agent is whose resource or role the line names, where that is one agent's only, by the contracts, else by the inventory; else
-- NULL. A server of tools (MCP) is no agent.
WITH covered AS (
    FROM raw.bill_lines QUALIFY dense_rank() OVER (PARTITION BY account_id, billing_period ORDER BY export) = 1
),
lines AS (
    SELECT day, account_id, region, service, name, usage_type, role_name, resource_id, usd, quantity, unit, estimated, 'cur' AS source,
        CASE WHEN line_type IS NULL OR line_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') THEN 'usage'
             WHEN line_type = 'Tax' THEN 'tax' WHEN line_type = 'Credit' THEN 'credit' WHEN line_type = 'Refund' THEN 'refund'
             WHEN line_type LIKE '%Discount' THEN 'discount' ELSE 'other' END AS line_type
    FROM covered
    UNION ALL BY NAME
    SELECT day, account_id, service, service AS name, usage_type, reading.usd AS usd, reading.quantity AS quantity,
        reading.estimated AS estimated, 'cost_explorer' AS source, 'net' AS line_type
    FROM (FROM raw.bill_days QUALIFY reading.read_at = max(reading.read_at) OVER (PARTITION BY account_id, day)) newest
    ANTI JOIN covered USING (account_id, day)
),
servers AS (SELECT DISTINCT subject AS agent_id FROM int_inventory_rules WHERE rule = 'tool_server'),
known AS (
    SELECT rule, account_id, subject, min(value) AS agent_id FROM int_inventory_rules WHERE rule IN ('profile', 'role')
    GROUP BY ALL HAVING count(DISTINCT value) = 1
),
hosts AS (SELECT host, min(agent_id) AS agent_id FROM config.hosts GROUP BY host HAVING count(DISTINCT agent_id) = 1),
roles AS (
    SELECT role_name, account_id, min(agent_id) AS agent_id FROM (
        SELECT coalesce(nullif(regexp_extract(host, ':(?:assumed-role/|role/(?:.*/)?)([^/]+)', 1), ''), host) AS role_name,
            nullif(regexp_extract(host, '^arn:[^:]*:(?:iam|sts)::([0-9]*):', 1), '') AS account_id, agent_id
        FROM config.hosts)
    GROUP BY ALL HAVING count(DISTINCT agent_id) = 1
)
SELECT l.day, l.account_id, l.region, l.service, coalesce(l.usage_type, '') AS usage_type, l.line_type, l.source, l.usd, l.quantity, l.unit,
    l.estimated, coalesce(by_usage.model, by_id.model, by_name.model) AS model, u.token_kind, u.tier,
    CASE WHEN servers.agent_id IS NULL THEN coalesce(own.agent_id, nullif(regexp_extract(l.resource_id, ':runtime/([^/]+)', 1), ''),
        profile.agent_id, here.agent_id, anywhere.agent_id, role.agent_id) END AS agent_id,
    CASE WHEN l.service = 'other' THEN 'other'
         WHEN contains(l.resource_id, ':log-group:') THEN 'logs'
         WHEN regexp_matches(l.usage_type, '(?i)guardrail') THEN 'guardrail'
         WHEN regexp_matches(l.usage_type, '(?i)evaluation') THEN 'evaluation'
         WHEN regexp_matches(l.usage_type, '(?i)knowledge-?base') THEN 'knowledge_base'
         WHEN regexp_matches(l.usage_type, '(^|-)(Runtime|BrowserTool|CodeInterpreter):') THEN 'runtime'
         WHEN regexp_matches(l.usage_type, '(^|-)Memory:') THEN 'memory'
         WHEN regexp_matches(l.usage_type, '(^|-)Gateway:') THEN 'gateway'
         WHEN u.what IN ('tokens', 'reserved', 'custom_model', 'other_modality') OR coalesce(by_usage.model, by_id.model, by_name.model) IS NOT NULL
            OR l.usage_type LIKE '%MP:%' OR contains(l.name, '(Amazon Bedrock Edition)') THEN 'model'
         ELSE 'other' END AS cost_class
FROM lines l
LEFT JOIN int_usage_types u ON u.usage_type = l.usage_type
LEFT JOIN int_model_names by_id ON by_id.name = u.model_id
LEFT JOIN int_model_names by_usage ON by_usage.name = u.model_name
LEFT JOIN int_model_names by_name ON by_name.name = l.name
LEFT JOIN hosts own ON own.host = l.resource_id
LEFT JOIN roles here ON here.role_name = l.role_name AND here.account_id = l.account_id
LEFT JOIN roles anywhere ON anywhere.role_name = l.role_name AND anywhere.account_id IS NULL
LEFT JOIN servers ON servers.agent_id = nullif(regexp_extract(l.resource_id, ':runtime/([^/]+)', 1), '')
LEFT JOIN known profile ON profile.rule = 'profile' AND profile.subject = l.resource_id AND profile.account_id = l.account_id
LEFT JOIN known role ON role.rule = 'role' AND role.subject = l.role_name AND role.account_id = l.account_id
