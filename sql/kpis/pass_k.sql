-- label: Consistency
-- question: If the same job comes k times, will all k be right?
-- definition: Chance that k tries of one job drawn without replacement all succeed, averaged over jobs seen at least k times.
-- formula: mean over jobs of C(successes, k) / C(tries, k)
-- unit: ratio
-- better: higher
-- kind: pass_k
-- interval: group_bootstrap
-- minimum_n: 20
-- evidence: jobs came often enough
-- slices: k
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 1
-- catalogue: K22
-- version: 2
-- A job is one business key of one agent; only tries with a verdict count.
SELECT
    agent_id, agent_version, day, task_type, environment,
    business_key AS group_key,
    count(*) FILTER (status = 'success') AS numerator,
    count(*) AS denominator
FROM tasks
WHERE status_source NOT IN ('escalation', 'lifecycle') AND status IS NOT NULL AND business_key IS NOT NULL
GROUP BY ALL
