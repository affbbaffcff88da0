-- label: Actions with a verdict
-- question: Does anybody find out whether a change helped?
-- definition: Share of the actions taken on insights whose effect was decided, and of those decided the share that improved what they were meant to. By the day of the action.
-- formula: actions with a verdict / actions; improved / actions with a verdict
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 5
-- evidence: actions have a verdict
-- slices: verdict
-- slice_denominator: own
-- needs: actions
-- sources: outcome_events
-- pillar: 4
-- catalogue: K26
-- version: 1
-- missing: No action is recorded yet: one that is recorded on an insight is counted from then on.
SELECT
    agent_id, NULL::VARCHAR AS agent_version, day, NULL::VARCHAR AS task_type, NULL::VARCHAR AS environment,
    part.slice AS slice,
    count(verdict) FILTER (part.slice = '' OR verdict LIKE 'improved%') AS numerator,
    count(*) AS denominator,
    count(*) AS n
FROM actions,
    unnest(CASE WHEN verdict IS NULL THEN [{'slice': ''}] ELSE [{'slice': ''}, {'slice': 'improved'}] END) AS parts (part)
WHERE day IS NOT NULL
GROUP BY ALL
