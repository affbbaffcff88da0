-- label: Leakage
-- question: How often does it act alone although it is not sure enough?
-- definition: Share of the tasks whose stated confidence lies below the agent's threshold and that were not handed to a person. The target is none at all.
-- formula: tasks below the threshold and not escalated / tasks below the threshold
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: clopper_pearson
-- minimum_n: 1
-- evidence: tasks state their confidence and, below the threshold, whether they were handed over
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K16
-- version: 1
-- missing: No finished task here belongs to an agent with a threshold: name confidence_threshold in its contract (ledger.toml).
-- The threshold is the contract's; without one nothing can leak. A verdict that says nothing of an escalation means none; a task
-- below the threshold with neither is not known to have leaked.
WITH held AS (
    SELECT t.*, t.confidence < a.confidence_threshold AS below, t.verdict IS NOT NULL OR t.escalated IS NOT NULL AS reported
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE a.confidence_threshold IS NOT NULL AND t.mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (below AND reported AND escalated IS NOT TRUE) AS numerator,
    count(*) FILTER (below AND reported) AS denominator,
    count(*) FILTER (below AND reported) AS n,
    count(*) FILTER (NOT below OR (below AND reported)) AS covered,
    count(*) AS eligible
FROM held
GROUP BY ALL
