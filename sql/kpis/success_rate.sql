-- label: Success
-- question: How often does it reach the result that was asked for?
-- definition: Share of the tasks with a verdict that ended in success, as the agent or its system reports it; whether answers were right is accuracy.
-- formula: successful tasks / tasks with a verdict
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks have a verdict
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 1
-- catalogue: K2
-- version: 2
-- A verdict is an outcome or, where the contract says so, a root that ended well. Tasks without one lower the coverage.
WITH judged AS (
    SELECT *, coalesce(status_source NOT IN ('escalation', 'lifecycle'), false) AND status IS NOT NULL AS has_verdict
    FROM tasks
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (has_verdict AND status = 'success') AS numerator,
    count(*) FILTER (has_verdict) AS denominator,
    count(*) FILTER (has_verdict) AS n,
    count(*) FILTER (has_verdict) AS covered,
    count(*) FILTER (has_verdict OR mature) AS eligible
FROM judged
GROUP BY ALL
