-- label: Judge score
-- question: What do the judges say?
-- definition: Share of judged tasks that every judge passed (a score of one half or more counts as passed), and the same for each rubric. It is not accuracy: how far the judges can be trusted is their agreement with people.
-- formula: tasks that every judge passed / judged tasks
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks were judged
-- slices: rubric
-- slice_denominator: own
-- needs: tasks, labels
-- sources: evaluations, evaluators, outcome_events
-- pillar: 4
-- catalogue: K5
-- version: 1
-- missing: No judge has scored a task: switch on AgentCore Evaluations, or report gen_ai.evaluation results as outcome events.
-- Scores of different rubrics are never averaged. Where AWS does not say what a high score means, the score says nothing.
WITH rubrics AS (
    SELECT task_id, rubric, avg(good) >= 0.5 AS passed FROM labels WHERE kind = 'judge' AND good IS NOT NULL GROUP BY ALL
),
judged AS (
    SELECT task_id, rubric, passed FROM rubrics
    UNION ALL SELECT task_id, '', bool_and(passed) FROM rubrics GROUP BY task_id
    UNION ALL SELECT task_id, '', NULL FROM tasks ANTI JOIN rubrics USING (task_id)
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    coalesce(rubric, 'unnamed') AS slice,
    count(*) FILTER (passed) AS numerator,
    count(passed) AS denominator,
    count(passed) AS n,
    count(passed) AS covered,
    count(*) AS eligible
FROM tasks
JOIN judged USING (task_id)
WHERE mature
GROUP BY ALL
