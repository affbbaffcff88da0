-- label: Tasks
-- question: How much work did it do?
-- definition: Tasks that started in the period; attempts that the agent's contract merges into one task count once.
-- formula: count of tasks
-- unit: count
-- better: none
-- kind: count
-- interval: none
-- minimum_n: 1
-- evidence: tasks are finished
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces
-- pillar: 1
-- catalogue: K1
-- version: 1
-- Coverage here is the share of tasks that are finished for good; the reader takes from it how mature a period is.
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) AS numerator,
    count(*) AS n,
    count(*) FILTER (mature) AS covered,
    count(*) AS eligible
FROM tasks
GROUP BY ALL
