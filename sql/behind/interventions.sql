-- The reviewed jobs in which a guardrail stepped in, on each day that it did: whether it was right.
WITH reviews AS (
    SELECT task_id, arg_max(score, (labelled_at, label_id)) >= 0.5 AS was_right FROM labels
    WHERE kind = 'human' AND rubric = 'guardrail.right' AND score IS NOT NULL GROUP BY task_id
),
stepped_in AS (
    SELECT task_id, agent_id, agent_version, day, task_type, environment, min(started_at) AS happened_at FROM model_calls
    WHERE :scope AND guardrail_assessed AND guardrail_action IN ('masked', 'blocked', 'intervened') GROUP BY ALL
)
SELECT concat_ws('/', task_id, agent_id, day, task_type) AS row_id, task_id, agent_id, happened_at, coalesce(task_type, 'unknown') AS what,
    was_right::INTEGER::DOUBLE AS amount, 1.0::DOUBLE AS base
FROM stepped_in JOIN reviews USING (task_id)
WHERE $kpi = 'guardrail_precision'
