-- grain: one row per judgement
-- An event gives one outcome label, and one more where it carries an evaluation.
SELECT event_id || ':outcome' AS label_id, event_id, task_id, 'outcome' AS kind, 'task.outcome' AS rubric, outcome AS value,
    CASE outcome WHEN 'success' THEN 1.0::DOUBLE WHEN 'failed' THEN 0.0::DOUBLE WHEN 'partial' THEN 0.0::DOUBLE END AS score,
    label_source, inclusion_probability, annotator AS rater, happened_at AS labelled_at, source, reason_code AS reason
FROM int_outcome_tasks WHERE outcome IS NOT NULL
UNION ALL
SELECT event_id || ':' || evaluation_name, event_id, task_id,
    CASE WHEN label_source LIKE 'human%' THEN 'human' WHEN label_source = 'system' THEN 'outcome' ELSE 'judge' END,
    evaluation_name, score_label, score, label_source, inclusion_probability, annotator, happened_at, source, reason_code
FROM int_outcome_tasks WHERE evaluation_name IS NOT NULL AND (score IS NOT NULL OR score_label IS NOT NULL)
