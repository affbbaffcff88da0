-- label: Accuracy
-- question: When it answers by itself, how often is it right?
-- definition: Share of what it answered by itself that was right; escalated tasks are left out. Tasks with a result in a system of record count by it. What they do not cover is estimated from answers that people checked, drawn with a known chance, each weighted by one over that chance; where enough of them were also judged, the verdicts of an unchanged judge on the other tasks make that estimate surer (prediction-powered inference).
-- formula: right answers / answers it gave by itself
-- unit: ratio
-- better: higher
-- kind: accuracy
-- interval: weighted_wilson
-- minimum_n: 30
-- evidence: answers were checked
-- slices: estimate
-- slice_denominator: own
-- needs: tasks, labels
-- sources: span_logs, xray_traces, outcome_events, evaluations, evaluators
-- pillar: 1
-- catalogue: K3
-- version: 2
-- Slice '': numerator = sum of weight × score, denominator = sum of weights, cross_sum = unweighted sum of scores (for the worst case).
-- Slice outcome: numerator = right, n = tasks with a recorded result. A label drawn for convenience has no weight and never counts.
-- Slices labelled and judged, for tasks without a recorded result, by rubric and judge: numerator = passed, denominator = sum of
-- weights; of labelled (a person checked it too) numerator_sq = right, cross_sum = right and passed.
WITH committed AS (
    SELECT
        agent_id, agent_version, day, task_type, environment, task_id, truth_score AS score, truth_weight AS weight,
        coalesce(truth_score IS NOT NULL AND truth_weight > 0, false) AS checked,
        coalesce(truth_source = 'outcome', false) AS recorded
    FROM tasks
    WHERE escalated IS NOT TRUE AND mature
),
verdicts AS (
    SELECT
        task_id, coalesce(rubric, 'unnamed') || '|' || judge AS judge, avg(good) >= 0.5 AS passed,
        1 / min(inclusion_probability) AS weight
    FROM labels
    WHERE kind = 'judge' AND good IS NOT NULL AND inclusion_probability > 0
    GROUP BY task_id, coalesce(rubric, 'unnamed') || '|' || judge
),
judged AS (
    SELECT t.* EXCLUDE (weight), v.judge, v.passed::INTEGER AS passed, v.weight * CASE WHEN t.checked THEN t.weight ELSE 1 END AS weight
    FROM committed t
    JOIN verdicts v USING (task_id)
    WHERE NOT t.recorded
)
SELECT
    agent_id, agent_version, day, task_type, environment, '' AS slice,
    sum(weight * score) FILTER (checked) AS numerator,
    sum(weight) FILTER (checked) AS denominator,
    sum(weight * weight) FILTER (checked) AS denominator_sq,
    NULL::DOUBLE AS numerator_sq,
    sum(score) FILTER (checked) AS cross_sum,
    count(*) FILTER (checked) AS n,
    count(*) FILTER (checked) AS covered,
    count(*) AS eligible
FROM committed
GROUP BY ALL
UNION ALL
SELECT
    agent_id, agent_version, day, task_type, environment, 'outcome', sum(score), count(*), count(*), NULL, sum(score), count(*),
    NULL, NULL
FROM committed
WHERE recorded AND checked
GROUP BY ALL
UNION ALL
SELECT
    agent_id, agent_version, day, task_type, environment, CASE WHEN checked THEN 'labelled|' ELSE 'judged|' END || judge,
    sum(weight * passed), sum(weight), sum(weight * weight), sum(weight * score) FILTER (checked),
    sum(weight * score * passed) FILTER (checked), count(*), NULL, NULL
FROM judged
GROUP BY ALL
