-- grain: one row per judgement
-- An event gives one outcome label, and one more where it carries an evaluation. Of judges only what is current counts.
SELECT event_id || ':outcome' AS label_id, event_id, task_id, 'outcome' AS kind, 'task.outcome' AS rubric, outcome AS value,
    CASE outcome WHEN 'success' THEN 1.0::DOUBLE WHEN 'failed' THEN 0.0::DOUBLE WHEN 'partial' THEN 0.0::DOUBLE END AS score,
    label_source, inclusion_probability, annotator AS rater, happened_at AS labelled_at, source, reason_code AS reason,
    NULL::VARCHAR AS evaluator, NULL::VARCHAR AS level
FROM int_outcome_tasks WHERE outcome IS NOT NULL
UNION ALL
SELECT event_id || ':' || evaluation_name, event_id, task_id,
    CASE WHEN label_source LIKE 'human%' THEN 'human' WHEN label_source = 'system' THEN 'outcome' ELSE 'judge' END,
    evaluation_name, score_label, score, label_source, inclusion_probability, annotator, happened_at, source, reason_code, NULL, NULL
FROM int_outcome_tasks WHERE judged_key IS NULL AND evaluation_name IS NOT NULL AND (score IS NOT NULL OR score_label IS NOT NULL)
UNION ALL
SELECT event_id || ':' || evaluation_name, event_id, task_id, CASE WHEN label_source LIKE 'human%' THEN 'human' ELSE 'judge' END,
    evaluation_name, coalesce(score_label, CASE WHEN score IS NULL THEN evaluation_score::VARCHAR END), score, label_source,
    inclusion_probability, annotator, judged_at, source, NULL, evaluator_arn, evaluation_level
FROM int_judgements WHERE is_current
