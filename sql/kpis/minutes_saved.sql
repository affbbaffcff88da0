-- label: Time saved
-- question: How much of people's time does it save?
-- definition: What people would have taken for the tasks that ended in success, by the declared baseline or as a task reports it, less the minutes that people spent on its tasks. The range is that of the baseline.
-- formula: sum of baseline minutes of successes - sum of human minutes of all tasks
-- unit: ms
-- better: higher
-- kind: sum
-- interval: declared_range
-- minimum_n: 1
-- evidence: tasks have a verdict
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: outcome_events
-- pillar: 1
-- catalogue: K20
-- version: 1
-- missing: No agent here has a baseline: name baseline_minutes in its contract (ledger.toml), or report human_baseline_minutes with its outcomes.
-- Only agents with a baseline have a value. In milliseconds, as all durations.
-- numerator_sq and denominator_sq hold the same sum at the least and at the greatest baseline.
WITH valued AS (
    SELECT
        t.*,
        coalesce(t.baseline_minutes, a.baseline_minutes) AS usual,
        coalesce(t.baseline_minutes, a.baseline_low_minutes, a.baseline_minutes) AS least_usual,
        coalesce(t.baseline_minutes, a.baseline_high_minutes, a.baseline_minutes) AS most_usual,
        coalesce(t.status_source IN ('verdict', 'root_status'), false) AND t.status IS NOT NULL AS has_verdict,
        coalesce(t.human_minutes, 0) AS helped
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE t.mature
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(60000 * (CASE WHEN status = 'success' THEN usual ELSE 0 END - helped)) FILTER (has_verdict) AS numerator,
    sum(60000 * (CASE WHEN status = 'success' THEN least_usual ELSE 0 END - helped)) FILTER (has_verdict)
        AS numerator_sq,
    sum(60000 * (CASE WHEN status = 'success' THEN most_usual ELSE 0 END - helped)) FILTER (has_verdict)
        AS denominator_sq,
    count(*) FILTER (has_verdict) AS n,
    count(*) FILTER (has_verdict) AS covered,
    count(*) AS eligible
FROM valued
WHERE usual IS NOT NULL
GROUP BY ALL
