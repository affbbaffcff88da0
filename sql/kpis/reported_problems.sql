-- label: Reported problems
-- question: How many tasks did somebody complain about?
-- definition: Tasks of which a person said that they were wrong without being asked at random: complaints, corrections in passing, reviews of suspicious ones. They say that something is wrong and never how often: they are shown apart and are in no rate of accuracy.
-- formula: tasks with a person's bad label that was not drawn with a known chance
-- unit: count
-- better: lower
-- kind: count
-- interval: none
-- minimum_n: 1
-- evidence: tasks are there to be complained about
-- slices: none
-- slice_denominator: own
-- needs: tasks, labels
-- sources: outcome_events
-- pillar: 1
-- catalogue: K3
-- version: 2
-- The last such label of a task counts. n = all tasks; a review of whether a hand-over was needed judges no result.
WITH reports AS (
    SELECT task_id, arg_max(score, (labelled_at, label_id)) < 0.5 AS bad
    FROM labels
    WHERE kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL AND inclusion_probability IS NULL
    GROUP BY task_id
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (bad) AS numerator,
    count(*) AS n
FROM tasks
LEFT JOIN reports USING (task_id)
GROUP BY ALL
