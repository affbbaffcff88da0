-- label: Autonomy
-- question: How often does it finish rightly without a person?
-- definition: Share of ended tasks with a known result that were a success and that no person touched. A task that a person took over is known not to be one.
-- formula: successful tasks without a human touch / ended tasks with a verdict or a human touch
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tasks have a verdict or a human touch
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 3
-- catalogue: K19
-- version: 2
WITH ended AS (
    SELECT *, human_touch OR (status_source NOT IN ('escalation', 'lifecycle') AND status IS NOT NULL) AS known
    FROM tasks
    WHERE mature AND coalesce(status, '') NOT IN ('abandoned', 'cancelled', 'in_flight')
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (known AND status = 'success' AND human_touch IS NOT TRUE) AS numerator,
    count(*) FILTER (known) AS denominator,
    count(*) FILTER (known) AS n,
    count(*) FILTER (known) AS covered,
    count(*) AS eligible
FROM ended
GROUP BY ALL
