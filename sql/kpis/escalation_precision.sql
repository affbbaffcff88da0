-- label: Escalation quality
-- question: Does it hand over the right tasks?
-- definition: Share of reviewed escalations that were needed (precision), and share of the tasks needing a person that got one (recall). Recall needs a random audit of tasks that were not handed over; without one it is unknown.
-- formula: needed escalations / reviewed escalations
-- unit: ratio
-- better: higher
-- kind: precision_recall
-- interval: wilson
-- minimum_n: 30
-- evidence: escalations were reviewed
-- slices: measure
-- slice_denominator: own
-- needs: tasks, labels
-- sources: outcome_events
-- pillar: 3
-- catalogue: K15
-- version: 2
-- missing: No task was escalated, so none can be reviewed.
-- A review is a person's label of the rubric escalation.needed: 1 needed, 0 not. The audit is a person's label of the result drawn with
-- a known chance, on tasks that nobody took over. numerator = needed, denominator = reviewed, numerator_sq = audited and wrong,
-- denominator_sq = audited, cross_sum = tasks not handed over; eligible = escalations.
WITH reviews AS (
    SELECT task_id, arg_max(score, (labelled_at, label_id)) >= 0.5 AS needed
    FROM labels
    WHERE kind = 'human' AND rubric = 'escalation.needed' AND score IS NOT NULL
    GROUP BY task_id
),
audits AS (
    SELECT task_id, arg_max(score, (labelled_at, label_id)) < 0.5 AS wrong
    FROM labels
    WHERE kind = 'human' AND rubric NOT IN ('escalation.needed', 'guardrail.right') AND score IS NOT NULL AND inclusion_probability IS NOT NULL
    GROUP BY task_id
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    '' AS slice,
    count(*) FILTER (escalated AND needed) AS numerator,
    count(*) FILTER (escalated AND needed IS NOT NULL) AS denominator,
    count(*) FILTER (escalated AND needed IS NOT NULL) AS n,
    count(*) FILTER (NOT coalesce(escalated, false) AND wrong) AS numerator_sq,
    count(*) FILTER (NOT coalesce(escalated, false) AND wrong IS NOT NULL) AS denominator_sq,
    count(*) FILTER (NOT coalesce(escalated, false)) AS cross_sum,
    count(*) FILTER (escalated AND needed IS NOT NULL) AS covered,
    count(*) FILTER (escalated) AS eligible
FROM tasks
LEFT JOIN reviews USING (task_id)
LEFT JOIN audits USING (task_id)
WHERE mature
GROUP BY ALL
