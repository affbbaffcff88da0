-- label: Rework
-- question: How much of what succeeded had to be done again?
-- definition: Share of successes that a person corrected, or whose job (task.id) was tried again within seven days. The last seven days cannot be judged yet.
-- formula: reworked successes / successes
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: successes can be followed: they carry a task.id or say whether they were corrected
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, outcome_events
-- pillar: 4
-- catalogue: K23
-- version: 1
-- reach_days: 7
-- A day's parts also read the tasks of the seven days after it; the build makes them again when one of these changes.
WITH done AS (
    SELECT
        s.*,
        EXISTS (
            FROM tasks later
            WHERE later.agent_id = s.agent_id AND later.business_key = s.business_key AND later.task_id <> s.task_id
                AND later.started_at > s.started_at AND later.started_at <= s.started_at + INTERVAL 7 DAY
        ) AS again
    FROM tasks s
    WHERE s.status = 'success'
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (again OR corrected) AS numerator,
    count(*) FILTER (business_key IS NOT NULL OR corrected IS NOT NULL) AS denominator,
    count(*) FILTER (business_key IS NOT NULL OR corrected IS NOT NULL) AS n,
    count(*) FILTER (business_key IS NOT NULL OR corrected IS NOT NULL) AS covered,
    count(*) AS eligible
FROM done
GROUP BY ALL
