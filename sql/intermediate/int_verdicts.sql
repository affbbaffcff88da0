-- grain: one row per given task that any event speaks of
-- The latest known word on each question: what became true last, and of that what was observed last. Truth is the system of
-- record, else a person's drawn label with its probability; a review of whether a hand-over was needed judges no result.
WITH said AS (
    SELECT *, row(happened_at, coalesce(observed_at, happened_at), event_id) AS told FROM int_outcome_tasks WHERE task_id IS NOT NULL
),
words AS (
    SELECT task_id,
        arg_max(outcome, told) FILTER (outcome IS NOT NULL) AS verdict,
        arg_max(reason_code, told) FILTER (reason_code IS NOT NULL) AS reason,
        arg_max(escalated, told) FILTER (escalated IS NOT NULL) AS escalated,
        arg_max(escalation_reason, told) FILTER (escalated AND escalation_reason IS NOT NULL) AS escalation_reason,
        arg_max(escalation_target, told) FILTER (escalated AND escalation_target IS NOT NULL) AS escalation_target,
        arg_max(happened_at, told) FILTER (escalated) AS escalated_at, min(picked_up_at) AS picked_up_at,
        arg_max(confidence, told) FILTER (confidence IS NOT NULL) AS confidence,
        arg_max(agent_version, told) FILTER (agent_version IS NOT NULL) AS agent_version,
        arg_max(task_key, told) FILTER (task_key IS NOT NULL) AS task_key,
        arg_max(task_type, told) FILTER (task_type IS NOT NULL) AS task_type,
        arg_max(environment, told) FILTER (environment IS NOT NULL) AS environment,
        arg_max(segment, told) FILTER (segment IS NOT NULL) AS segment,
        arg_max(source, told) FILTER (escalated) AS escalation_source,
        arg_max(corrected, told) FILTER (corrected IS NOT NULL) AS corrected,
        min(happened_at) FILTER (corrected) AS corrected_at,
        arg_max(human_review_minutes, told) FILTER (human_review_minutes IS NOT NULL) AS human_minutes,
        arg_max(human_baseline_minutes, told) FILTER (human_baseline_minutes IS NOT NULL) AS baseline_minutes
    FROM said GROUP BY task_id
),
labels AS (
    SELECT task_id,
        count(*) FILTER (kind = 'human') AS human_labels, count(*) FILTER (kind = 'judge') AS judge_labels,
        count(*) FILTER (kind = 'outcome') AS outcome_labels,
        arg_max(score, (labelled_at, label_id)) FILTER (kind = 'outcome' AND label_source = 'system' AND score IS NOT NULL) AS outcome_score,
        arg_max(score, (labelled_at, label_id))
            FILTER (kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL AND inclusion_probability IS NOT NULL) AS human_score,
        arg_max(inclusion_probability, (labelled_at, label_id))
            FILTER (kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL AND inclusion_probability IS NOT NULL) AS human_pi
    FROM int_labels WHERE task_id IS NOT NULL GROUP BY task_id
)
SELECT w.*, coalesce(l.human_labels, 0) AS human_labels, coalesce(l.judge_labels, 0) AS judge_labels,
    coalesce(l.outcome_labels, 0) AS outcome_labels,
    coalesce(l.outcome_score, l.human_score) AS truth_score,
    CASE WHEN l.outcome_score IS NOT NULL THEN 1.0::DOUBLE WHEN l.human_score IS NOT NULL THEN 1.0::DOUBLE / l.human_pi END AS truth_weight,
    CASE WHEN l.outcome_score IS NOT NULL THEN 'outcome' WHEN l.human_score IS NOT NULL THEN 'human' END AS truth_source
FROM words w LEFT JOIN labels l USING (task_id)
