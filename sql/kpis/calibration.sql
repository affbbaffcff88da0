-- label: Calibration
-- question: Is it as sure as it is right?
-- definition: Mean distance between stated confidence and accuracy over ten bins, less what chance alone would show at this sample size; beside it how much too sure it is on average, the Brier score with its three parts (Murphy: reliability less resolution plus uncertainty, over the same bins) and how well confidence tells right from wrong (AUROC). Over tasks whose truth was drawn at random or reported by a system of record.
-- formula: expected calibration error - expected calibration error of a perfectly calibrated agent
-- unit: ratio
-- better: lower
-- kind: calibration
-- interval: bootstrap
-- minimum_n: 200
-- evidence: checked answers state a confidence
-- slices: measure
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K17
-- version: 1
-- missing: No answer was checked at random: report outcomes of a system of record, or labels with their inclusion_probability.
-- Parts by hundredths of confidence: numerator = how many were right, n = how many, cross_sum = sum of confidence. Tasks with a truth
-- but without a confidence only lower the coverage. Partly right answers count as their share.
WITH checked AS (
    SELECT *, CASE WHEN confidence IS NOT NULL THEN least(99, floor(confidence * 100))::INTEGER END AS bin
    FROM tasks
    WHERE truth_score IS NOT NULL AND truth_weight > 0 AND escalated IS NOT TRUE AND mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    CASE WHEN bin IS NULL THEN 'none' ELSE lpad(bin::VARCHAR, 2, '0') END AS slice,
    sum(truth_score) FILTER (bin IS NOT NULL) AS numerator,
    count(bin) AS denominator,
    count(bin) AS n,
    sum(confidence) AS cross_sum,
    count(bin) AS covered,
    count(*) AS eligible
FROM checked
GROUP BY ALL
