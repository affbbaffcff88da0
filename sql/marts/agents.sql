-- table: agents
-- grain: one row per agent: declared, seen in telemetry, or found in the account's inventory
-- replaces: true
-- column agent_id: unique over accounts and Regions
-- column agent_name: declared name, else the name on its spans
-- column host: agentcore, lambda, stepfunctions, bedrock_agent, other; NULL = not seen yet
-- column arn: ARN on its telemetry, else in the inventory
-- column account_id: AWS account
-- column region: AWS Region
-- column owner: who answers for it: the contract's word, else the resource's tag
-- column team: team of the owner: the contract's word, else the resource's tag
-- column cost_center: the resource's tag
-- column purpose: what it is for
-- column trigger: what starts a task
-- column done_when: when a task is done
-- column task_definition: trace, session or key
-- column success_rule: verdict or status_ok
-- column confidence_threshold: below it the agent should hand over
-- column baseline_minutes: what people took for one task, minutes
-- column baseline_low_minutes: the least they took, minutes
-- column baseline_high_minutes: the most they took, minutes
-- column hourly_rate_usd: what an hour of these people costs, USD
-- column error_cost_usd: what an error costs that nobody caught, USD
-- column setup_cost_usd: what building it cost once, USD
-- column monthly_cost_usd: what keeping it costs a month whatever it does (platform, licences, people), USD; no model calls are in it
-- column monthly_budget_usd: what its model calls may cost in a calendar month, USD
-- column deadline_minutes: a task that takes longer has missed its service level, minutes
-- column data_max_age_days: what it looks up may be this old, days
-- column product: product it belongs to
-- column environment: declared environment
-- column declared: it has a contract in ledger.toml
-- column discovered: it was seen in telemetry
-- column inventoried: the account lists it, or listed it once
-- column protocol: how its runtime is called: HTTP, A2A, AGUI; MCP servers are no agents
-- column status: status of the resource as AWS states it
-- column in_inventory_until: since when the account lists it no longer, UTC; NULL = it does, or never did
-- column first_seen_at: first task or call, UTC
-- column last_seen_at: latest task or call, UTC
WITH seen AS (
    SELECT agent_id, min(first_at) AS first_seen_at, max(last_at) AS last_seen_at FROM (
        SELECT agent_id, min(started_at) AS first_at, max(started_at) AS last_at FROM mart.tasks GROUP BY agent_id
        UNION ALL SELECT agent_id, min(started_at), max(started_at) FROM mart.model_calls GROUP BY agent_id
        UNION ALL FROM sealed.agents)
    WHERE agent_id <> 'unattributed' GROUP BY agent_id
),
names AS (
    SELECT agent_id, arg_max(agent_name, (started_at, task_id)) AS agent_name FROM mart.tasks
    WHERE agent_name IS NOT NULL GROUP BY agent_id
),
places AS (
    SELECT coalesce(h.agent_id, s.agent_runtime, s.account_id || '/' || s.region || '/' || coalesce(chosen_name(s.agent_name), s.service_name)) AS agent_id,
        max(s.agent_arn) AS arn, max(s.resource_arn) AS resource_arn, max(s.account_id) AS account_id, max(s.region) AS region
    FROM (
        SELECT account_id, region, agent_runtime, agent_name, agent_arn, resource_arn, service_name, operation FROM raw.spans
        UNION ALL FROM sealed.hosts
    ) s LEFT JOIN config.hosts h ON h.host IN (s.resource_arn, s.service_name)
    WHERE h.agent_id IS NOT NULL OR s.agent_runtime IS NOT NULL OR s.agent_name IS NOT NULL OR s.operation = 'invoke_agent'
    GROUP BY 1
),
listed AS (
    SELECT agent_id, arg_min(i, (in_inventory_until IS NOT NULL, host, resource_id)) AS i
    FROM int_inventory_agents i WHERE is_agent OR (is_agent IS NULL AND agent_id IN (SELECT agent_id FROM config.contracts))
    GROUP BY agent_id
),
ids AS (
    SELECT agent_id FROM config.contracts UNION SELECT agent_id FROM seen UNION SELECT agent_id FROM listed WHERE i.is_agent
)
SELECT a.agent_id,
    coalesce(c.agent_name, n.agent_name, i.agent_name, regexp_replace(a.agent_id, '^.*/|-[A-Za-z0-9]{10}$', '', 'g')) AS agent_name,
    CASE WHEN p.arn LIKE '%:runtime/%' THEN 'agentcore' WHEN p.resource_arn LIKE 'arn:aws:lambda:%' THEN 'lambda'
         WHEN p.resource_arn LIKE 'arn:aws:states:%' THEN 'stepfunctions' WHEN p.resource_arn LIKE 'arn:aws:bedrock:%' THEN 'bedrock_agent'
         WHEN p.agent_id IS NOT NULL AND i.agent_id IS NULL THEN 'other' ELSE i.host END AS host,
    coalesce(p.arn, p.resource_arn, i.arn) AS arn, coalesce(p.account_id, i.account_id) AS account_id, coalesce(p.region, i.region) AS region,
    coalesce(c.owner, i.owner) AS owner, coalesce(c.team, i.team) AS team, i.cost_center, c.purpose, c."trigger", c.done_when,
    coalesce(c.task, 'trace') AS task_definition, coalesce(c.success_rule, 'verdict') AS success_rule,
    c.confidence_threshold, c.baseline_minutes, c.baseline_low_minutes, c.baseline_high_minutes, c.hourly_rate_usd, c.error_cost_usd,
    c.setup_cost_usd, c.monthly_cost_usd, c.monthly_budget_usd, c.deadline_minutes, c.data_max_age_days, c.product, c.environment,
    c.agent_id IS NOT NULL AS declared, s.agent_id IS NOT NULL AS discovered,
    i.agent_id IS NOT NULL AS inventoried, i.protocol, i.status, i.in_inventory_until, s.first_seen_at, s.last_seen_at
FROM ids a
LEFT JOIN config.contracts c USING (agent_id)
LEFT JOIN seen s USING (agent_id)
LEFT JOIN names n USING (agent_id)
LEFT JOIN places p USING (agent_id)
LEFT JOIN (SELECT unnest(i) FROM listed) i USING (agent_id)
ORDER BY 1
