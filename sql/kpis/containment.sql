-- label: Containment
-- question: How often does it finish without a person?
-- definition: Share of ended tasks that no person touched: not handed over, not corrected, no human minutes reported. Tasks of which nobody reports anything, not even a verdict, are left out. It says nothing of whether the result was right; autonomy does.
-- formula: reported tasks without a human touch / ended tasks that were reported on
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks were reported on
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K19
-- version: 1
WITH ended AS (
    SELECT
        *,
        escalated IS TRUE OR corrected IS TRUE OR coalesce(human_minutes, 0) > 0 AS touched,
        verdict IS NOT NULL OR escalated IS NOT NULL OR corrected IS NOT NULL OR human_minutes IS NOT NULL AS reported
    FROM tasks
    WHERE mature AND coalesce(status, '') NOT IN ('abandoned', 'cancelled', 'in_flight')
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (reported AND NOT touched) AS numerator,
    count(*) FILTER (reported) AS denominator,
    count(*) FILTER (reported) AS n,
    count(*) FILTER (reported) AS covered,
    count(*) AS eligible
FROM ended
GROUP BY ALL
