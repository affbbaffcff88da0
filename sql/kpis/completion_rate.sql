-- label: Completion
-- question: Does it finish what it starts?
-- definition: Share of finished tasks whose root ended and that were neither abandoned nor cancelled, with or without a verdict.
-- formula: completed tasks / mature tasks without the cancelled ones
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces
-- pillar: 1
-- catalogue: K2
-- version: 1
-- Abandoned tasks stay in the denominator; tasks still within their time limit are in neither part.
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (ended_at IS NOT NULL AND status IS DISTINCT FROM 'abandoned') AS numerator,
    count(*) AS denominator,
    count(*) AS n
FROM tasks
WHERE mature AND status IS DISTINCT FROM 'cancelled'
GROUP BY ALL
