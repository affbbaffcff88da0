-- label: Label coverage
-- question: For how much of the work do we know whether it was right?
-- definition: Share of finished tasks with at least one label, and the same for human, judge and outcome labels.
-- formula: labelled tasks / mature tasks
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: none
-- minimum_n: 1
-- slices: label kind
-- slice_denominator: total
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 4
-- catalogue: K4
-- version: 1
WITH finished AS (
    SELECT
        agent_id, agent_version, day, task_type, environment,
        coalesce(human_labels, 0) > 0 AS human,
        coalesce(judge_labels, 0) > 0 AS judge,
        coalesce(outcome_labels, 0) > 0 AS outcome
    FROM tasks
    WHERE mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    count(*) FILTER (part.labelled) AS numerator,
    count(*) AS denominator,
    count(*) AS n
FROM finished,
    unnest([
        {'slice': '', 'labelled': human OR judge OR outcome},
        {'slice': 'human', 'labelled': human},
        {'slice': 'judge', 'labelled': judge},
        {'slice': 'outcome', 'labelled': outcome}
    ]) AS parts (part)
GROUP BY ALL
