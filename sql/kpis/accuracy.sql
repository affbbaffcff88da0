-- label: Accuracy
-- question: When it answers by itself, how often is it right?
-- definition: Share of checked answers that were right, each weighted by one over its chance of being checked; escalated tasks are left out.
-- formula: sum of weight × score / sum of weight, over tasks with a truth
-- unit: ratio
-- better: higher
-- kind: weighted_ratio
-- interval: weighted_wilson
-- minimum_n: 30
-- evidence: answers were checked
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 1
-- catalogue: K3
-- version: 1
-- The weight is one over the known chance of being checked; a label drawn for convenience has none and never counts.
-- The unweighted sum of scores is kept for the worst case: every unchecked answer wrong, or every one right.
WITH committed AS (
    SELECT *, coalesce(truth_score IS NOT NULL AND truth_weight > 0, false) AS checked
    FROM tasks
    WHERE escalated IS NOT TRUE AND mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(truth_weight * truth_score) FILTER (checked) AS numerator,
    sum(truth_weight) FILTER (checked) AS denominator,
    sum(truth_weight * truth_weight) FILTER (checked) AS denominator_sq,
    sum(truth_score) FILTER (checked) AS cross_sum,
    count(*) FILTER (checked) AS n,
    count(*) FILTER (checked) AS covered,
    count(*) AS eligible
FROM committed
GROUP BY ALL
