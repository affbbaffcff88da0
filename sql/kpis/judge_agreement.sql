-- label: Judge agreement
-- question: Can the judges be trusted?
-- definition: Cohen's kappa between people and judges on the tasks that both have judged, for all judges together (a task passes when every one passes it) and for each rubric; beside it the raw agreement, Gwet's AC1, sensitivity and specificity.
-- formula: (agreement - agreement by chance) / (1 - agreement by chance)
-- unit: index
-- better: higher
-- kind: agreement
-- interval: kappa
-- minimum_n: 50
-- evidence: judged tasks were also judged by a person
-- slices: rubric
-- slice_denominator: own
-- needs: tasks, labels
-- sources: evaluations, evaluators, outcome_events
-- pillar: 4
-- catalogue: K6
-- version: 2
-- missing: No task was judged by a judge: then there is nothing to compare with people.
-- The parts are the table of both verdicts: numerator = both pass, denominator_sq = a person passes, cross_sum = the judges pass,
-- denominator = n = all. Half a point or more is a pass, of people too; several people decide by their mean.
WITH people AS (
    SELECT task_id, avg(score) >= 0.5 AS said_right FROM labels WHERE kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL
    GROUP BY task_id
),
rubrics AS (
    SELECT task_id, rubric, avg(good) >= 0.5 AS passed FROM labels WHERE kind = 'judge' AND good IS NOT NULL GROUP BY ALL
),
judged AS (
    SELECT task_id, coalesce(rubric, 'unnamed') AS rubric, passed FROM rubrics
    UNION ALL SELECT task_id, '', bool_and(passed) FROM rubrics GROUP BY task_id
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    rubric AS slice,
    count(*) FILTER (said_right AND passed) AS numerator,
    count(said_right) AS denominator,
    count(said_right) AS n,
    count(*) FILTER (said_right) AS denominator_sq,
    count(*) FILTER (said_right IS NOT NULL AND passed) AS cross_sum,
    count(said_right) AS covered,
    count(*) AS eligible
FROM tasks
JOIN judged USING (task_id)
LEFT JOIN people USING (task_id)
GROUP BY ALL
