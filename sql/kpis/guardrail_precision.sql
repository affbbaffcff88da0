-- label: Guardrail precision
-- question: When a guardrail steps in, is it right?
-- definition: Share of the reviewed jobs with an intervention in which it was right, as a person says who looked at it afterwards. A job counts on each day on which the guardrail stepped in.
-- formula: interventions that were right / reviewed interventions
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: interventions were reviewed (a person's label of the rubric guardrail.right)
-- slices: none
-- slice_denominator: own
-- needs: labels, calls_by_task
-- sources: invocation_logs, span_logs, outcome_events
-- pillar: 3
-- catalogue: K13
-- version: 1
-- A review is a person's label of the rubric guardrail.right: 1 right, 0 a false alarm. The last one of a task counts.
WITH reviews AS (
    SELECT task_id AS task, arg_max(score, (labelled_at, label_id)) >= 0.5 AS was_right
    FROM labels
    WHERE kind = 'human' AND rubric = 'guardrail.right' AND score IS NOT NULL
    GROUP BY task_id
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (was_right) AS numerator,
    count(was_right) AS denominator,
    count(was_right) AS n,
    count(was_right) AS covered,
    count(*) AS eligible
FROM calls_by_task
LEFT JOIN reviews USING (task)
WHERE intervened > 0
GROUP BY ALL
