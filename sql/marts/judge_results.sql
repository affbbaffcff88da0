-- table: judge_results
-- grain: one row per result of a judge, scored or not
-- replaces: event_id IN (FROM given_outcomes) OR event_id IN (SELECT event_id FROM int_judgements)
-- column event_id: id of the result
-- column task_id: the task judged; NULL while the task is not known
-- column agent_id: agent of the task, else the one that the result names
-- column service_name: service whose traces were judged
-- column evaluator: name of the judge
-- column evaluator_arn: ARN of the judge; evaluators says what its score means
-- column level: what was judged: Session, Trace or ToolCall
-- column channel: online (sampled), batch or on_demand (asked for by an application)
-- column config: online configuration or batch job
-- column status: scored, errored or throttled; judge health is scored / all
-- column error_type: why there is no score
-- column score: as the judge gave it, on the evaluator's own scale
-- column score_share: the same from 0 to 1; NULL where the scale is not known
-- column label: verdict in words
-- column label_source: llm, code or heuristic; NULL = not said
-- column inclusion_probability: known probability with which the task was drawn; NULL where it was chosen
-- column revisions: results of this judge on the same thing, this one included
-- column is_current: the latest of them with a score or label; only these are labels
-- column session_id: session judged
-- column trace_id: trace judged; NULL for whole sessions
-- column span_id: span judged
-- column day: calendar day of the judgement in the organisation's time zone
-- column judged_at: when it was judged, UTC
SELECT j.event_id, j.task_id, coalesce(t.agent_id, j.agent_id) AS agent_id, j.service_name, j.evaluation_name AS evaluator,
    j.evaluator_arn, j.evaluation_level AS level, j.evaluation_channel AS channel, j.evaluation_config AS config, j.status,
    j.error_type, j.evaluation_score AS score, j.score AS score_share, j.score_label AS label, j.label_source,
    j.inclusion_probability, j.revisions, j.is_current, j.session_id, j.trace_id, j.judged_span_id AS span_id,
    local_day(j.judged_at) AS day, j.judged_at
FROM int_judgements j LEFT JOIN int_attempts t USING (task_id)
WHERE j.label_source IS NULL OR j.label_source NOT LIKE 'human%'
