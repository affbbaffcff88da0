-- label: Leakage
-- question: How often does it act alone although it is not sure enough?
-- definition: Share of the tasks whose stated confidence lies below the agent's threshold and that were not handed to a person. The target is none at all.
-- formula: tasks below the threshold and not escalated / tasks below the threshold
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: clopper_pearson
-- minimum_n: 1
-- evidence: tasks state their confidence
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K16
-- version: 1
-- missing: No agent here has a threshold: name confidence_threshold in its contract (ledger.toml).
-- The threshold is the contract's; without one nothing can leak. A task of which nobody says whether it was escalated was not.
WITH held AS (
    SELECT t.*, t.confidence < a.confidence_threshold AS below
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE a.confidence_threshold IS NOT NULL AND t.mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    CASE WHEN count(below) > 0 THEN count(*) FILTER (below AND escalated IS NOT TRUE) END AS numerator,
    CASE WHEN count(below) > 0 THEN count(*) FILTER (below) END AS denominator,
    count(*) FILTER (below) AS n,
    count(below) AS covered,
    count(*) AS eligible
FROM held
GROUP BY ALL
