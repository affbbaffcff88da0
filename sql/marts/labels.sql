-- table: labels
-- grain: one row per judgement of a task
-- replaces: event_id IN (FROM given_outcomes) OR event_id IN (SELECT event_id FROM int_judgements)
-- column label_id: the event id and what it judges
-- column event_id: the event that carried it
-- column task_id: the task judged; NULL while the task is not known
-- column agent_id: agent of the task
-- column kind: human, judge or outcome
-- column rubric: what was judged; of a judge the name of its evaluator. Scores of different rubrics are never averaged
-- column value: verdict in words
-- column score: 0 to 1; NULL where it was not said or its scale is not known
-- column good: the score turned so that 1 is good; NULL where AWS does not say what a high score of its evaluator means
-- column label_source: human_end_user, human_expert, llm, code, system, heuristic
-- column inclusion_probability: known probability with which the task was drawn for review; NULL = convenience label
-- column rater: who judged
-- column labelled_at: when it became true, UTC
-- column source: where it came from
-- column reason: reason given
-- column evaluator: ARN of the judge; what 1 means stands in evaluators.polarity
-- column level: what was judged: Session, Trace or ToolCall
-- column judge: who judged, of an evaluator with the number of the definition in force then; another one is another judge. NULL for people
WITH ways AS (SELECT evaluator_arn, arg_max(polarity, updated_at) AS polarity, list(DISTINCT updated_at) AS defined_at
    FROM raw.evaluators GROUP BY evaluator_arn)
SELECT l.label_id, l.event_id, l.task_id, t.agent_id, l.kind, l.rubric, l.value, l.score,
    CASE WHEN l.evaluator IS NULL OR w.polarity = 'higher_is_better' THEN l.score
         WHEN w.polarity = 'lower_is_better' THEN 1 - l.score END AS good, l.label_source, l.inclusion_probability,
    l.rater, l.labelled_at, l.source, l.reason, l.evaluator, l.level,
    CASE WHEN l.kind = 'judge' THEN
        coalesce(l.rater, l.evaluator || ' #' || greatest(1, len(list_filter(w.defined_at, lambda moment: moment <= l.labelled_at))), 'unnamed')
    END AS judge
FROM int_labels l LEFT JOIN int_attempts t USING (task_id)
LEFT JOIN ways w ON w.evaluator_arn = l.evaluator
