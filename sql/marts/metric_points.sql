-- table: metric_points
-- grain: one row per CloudWatch series × statistic × period
-- replaces: true
-- column account_id: AWS account
-- column region: AWS Region
-- column namespace: CloudWatch namespace
-- column service: what it is of: bedrock, guardrails, bedrock_agents, mantle, runtime, gateway, policy, memory, identity, browser, code_interpreter, usage, evaluations, lambda, states, api_gateway
-- column metric: metric name, as AWS spells it
-- column definition: what the figure means where a name means several things; metric_definitions says it in words; NULL = the plain meaning of the name
-- column projection: parts (may be added up), total (an aggregate of the parts), split (the parts cut finer); NULL = not known. Add up one projection only
-- column dimension_set: names of the dimensions, in order; sets are projections of the same events, never sum over several
-- column dimensions: exact dimension values, JSON with sorted keys
-- column agent_id: agent that the series is of: by its runtime, or by the hosts that ledger.toml declares; NULL = of no single agent
-- column resource: ARN or name of what it is of (runtime, gateway, guardrail, model, function, state machine, service); All = every one
-- column operation: API operation
-- column tool_name: tool of a gateway, or of a policy's decision
-- column policy_mode: ENFORCE or LOG_ONLY
-- column stat: statistic; percentiles are never averaged, a mean is Sum / SampleCount
-- column period_s: period, s
-- column at: start of the period, UTC
-- column day: calendar day of its start, in the organisation's time zone
-- column value: value
-- column unit: unit
WITH series AS (
    SELECT DISTINCT namespace, service, dimensions,
        coalesce(dimensions->>'$.Resource', dimensions->>'$.TargetResource', dimensions->>'$.AgentAliasArn', dimensions->>'$.GuardrailArn',
            dimensions->>'$.ModelId', dimensions->>'$.Model', dimensions->>'$.FunctionName', dimensions->>'$.StateMachineArn',
            dimensions->>'$.ActivityArn', dimensions->>'$.ApiName', dimensions->>'$.ApiId', dimensions->>'$."service.name"') AS resource
    FROM raw.metric_points
),
hosts AS (
    SELECT s.resource, min(h.agent_id) AS agent_id
    FROM (SELECT DISTINCT resource FROM series WHERE resource IS NOT NULL) s
    JOIN config.hosts h ON h.host = s.resource OR ends_with(h.host, ':' || s.resource)
        OR (s.resource LIKE 'arn:%' AND (ends_with(s.resource, ':' || h.host) OR ends_with(s.resource, '/' || h.host)))
    GROUP BY s.resource
),
facts AS (
    SELECT s.namespace, s.service, s.dimensions, s.resource, array_to_string(list_sort(json_keys(s.dimensions)), ',') AS dimension_set,
        coalesce(h.agent_id, nullif(regexp_extract(s.resource, ':runtime/([^/]+)', 1), '')) AS agent_id,
        coalesce(s.dimensions->>'$.Operation', s.dimensions->>'$.OperationName') AS operation,
        coalesce(s.dimensions->>'$.ToolName', CASE WHEN s.service = 'gateway' THEN s.dimensions->>'$.Name' END) AS tool_name,
        s.dimensions->>'$.Mode' AS policy_mode
    FROM series s LEFT JOIN hosts h USING (resource)
)
SELECT p.account_id, p.region, p.namespace, p.service, p.metric, p.definition, p.projection, f.dimension_set, p.dimensions, f.agent_id,
    f.resource, f.operation, f.tool_name, f.policy_mode, p.stat, p.period_s, p."at", local_day(p."at") AS day, p.value, p.unit
FROM raw.metric_points p
JOIN facts f ON f.namespace = p.namespace AND f.dimensions = p.dimensions AND f.service IS NOT DISTINCT FROM p.service
