-- label: Escalation
-- question: How often does it hand over to a person, and why?
-- definition: Share of ended tasks that were handed to a person, and the same for each stated reason. Where some tasks say whether they were, those that do not say count as not handed over. How long people take to pick one up is pickup_time, how many still wait waiting_handovers.
-- formula: escalated tasks / ended tasks
-- unit: ratio
-- better: none
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks say whether they were escalated
-- slices: reason
-- slice_denominator: total
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K14
-- version: 1
-- Ended: the status is known or the task says whether it was escalated. Where no task says so, the rate is unknown.
WITH ended AS (
    SELECT *
    FROM tasks
    WHERE (status IS NOT NULL AND status <> 'in_flight') OR escalated IS NOT NULL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    CASE WHEN count(escalated) > 0 THEN count(*) FILTER (escalated) END AS numerator,
    count(*) AS denominator,
    count(*) AS n,
    count(escalated) AS covered,
    count(*) AS eligible
FROM ended,
    unnest(CASE
        WHEN escalated THEN [{'slice': ''}, {'slice': coalesce(escalation_reason, 'unknown')}]
        ELSE [{'slice': ''}]
    END) AS parts (part)
GROUP BY ALL
