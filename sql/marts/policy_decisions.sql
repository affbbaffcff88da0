-- table: policy_decisions
-- grain: one row per authorisation of a tool call by a gateway's policy engine
-- replaces: trace_id IN (FROM given_traces)
-- column span_id: the gateway's span, else the policy engine's
-- column trace_id: W3C trace id
-- column task_id: the task that asked
-- column agent_id: the agent that asked; 'unattributed' where its trace names none
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task
-- column gateway_id: the gateway
-- column tool_name: target and tool, as target___tool; NULL where only the policy engine's span is there
-- column day: calendar day in the organisation's time zone
-- column decided_at: when, UTC
-- column decision: ALLOW or DENY
-- column mode: ENFORCE or LOG_ONLY
-- column refused: the call was really refused: DENY in mode ENFORCE; NULL where the mode is not known
-- column would_deny: in mode LOG_ONLY, whether ENFORCE would have refused the call; NULL in other modes
-- column policies: ids of the policies that decided, as JSON; NULL where not said
-- column trial_policies: ids of policies on trial (log only) that matched, as JSON
-- column reason: why refused: forbidden (a policy forbids it), no_permit (none allows it), evaluation_error, other
SELECT p.span_id, p.trace_id, tt.task_id, coalesce(p.own_agent_id, tr.agent_id, 'unattributed') AS agent_id,
    coalesce(t.agent_version, tr.agent_version) AS agent_version, t.task_type, coalesce(t.environment, p.environment) AS environment,
    p.gateway_id, p.tool_name, p.day, p.started_at AS decided_at, p.decision, p.policy_mode AS mode,
    p.decision = 'DENY' AND p.policy_mode = 'ENFORCE' AS refused,
    CASE WHEN p.policy_mode = 'LOG_ONLY' THEN p.decision = 'DENY' END AS would_deny, p.policies, p.trial_policies,
    p.decision_reason AS reason
FROM int_policy_decisions p
LEFT JOIN int_traces tr USING (trace_id)
LEFT JOIN int_task_traces tt USING (trace_id)
LEFT JOIN int_tasks t ON t.task_id = tt.task_id
