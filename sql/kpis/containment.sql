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
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (NOT human_touch) AS numerator,
    count(human_touch) AS denominator,
    count(human_touch) AS n,
    count(human_touch) AS covered,
    count(*) AS eligible
FROM tasks
WHERE mature AND coalesce(status, '') NOT IN ('abandoned', 'cancelled', 'in_flight')
GROUP BY ALL
