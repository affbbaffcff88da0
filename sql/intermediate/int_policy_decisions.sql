-- grain: one row per authorisation of a tool call by a gateway's policy engine
-- The gateway's own span says what was decided; where it is silent, the policy span below it does. Filtering the list of
-- tools (PartiallyAuthorizeActions) refuses nobody anything and is no authorisation.
WITH invoked AS (SELECT * FROM stg_spans WHERE operation = 'gateway' AND name LIKE '%.InvokeTool'),
authorised AS (
    SELECT * FROM stg_spans WHERE operation = 'policy' AND name LIKE '%.AuthorizeAction'
    QUALIFY row_number() OVER (PARTITION BY trace_id, coalesce(parent_span_id, span_id) ORDER BY started_at DESC, span_id) = 1
)
SELECT coalesce(g.trace_id, p.trace_id) AS trace_id, coalesce(g.span_id, p.span_id) AS span_id,
    coalesce(g.parent_span_id, CASE WHEN g.span_id IS NULL THEN p.parent_span_id END) AS parent_span_id,
    coalesce(g.own_agent_id, p.own_agent_id) AS own_agent_id, coalesce(g.environment, p.environment) AS environment,
    coalesce(g.tool_name, p.tool_name) AS tool_name, coalesce(g.resource_id, p.resource_id) AS gateway_id,
    coalesce(g.day, p.day) AS day, coalesce(g.started_at, p.started_at) AS started_at,
    coalesce(g.decision, p.decision) AS decision, coalesce(g.policy_mode, p.policy_mode) AS policy_mode,
    p.policies, p.trial_policies, p.decision_reason
FROM invoked g
FULL JOIN authorised p ON p.trace_id = g.trace_id AND p.parent_span_id = g.span_id
WHERE coalesce(g.decision, p.decision) IS NOT NULL
