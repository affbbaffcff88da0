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
-- needs: tasks
-- sources: outcome_events
-- pillar: 1
-- catalogue: K20
-- version: 1
-- missing: No agent here has a baseline: name baseline_minutes in its contract (ledger.toml), or report human_baseline_minutes with its outcomes.
-- Only tasks with a baseline have a value; without a verdict they save nothing, but people's minutes on them count. In milliseconds,
-- as all durations. numerator_sq and denominator_sq hold the same sum at the least and at the greatest baseline.
WITH valued AS (
    SELECT
        *,
        coalesce(status_source NOT IN ('escalation', 'lifecycle'), false) AND status IS NOT NULL AS has_verdict,
        CASE WHEN status = 'success' THEN 60000 ELSE 0 END AS done_ms,
        60000 * coalesce(human_minutes, 0) AS helped_ms
    FROM tasks
    WHERE mature AND baseline_minutes IS NOT NULL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(done_ms * baseline_minutes - helped_ms) FILTER (has_verdict OR human_minutes IS NOT NULL) AS numerator,
    sum(done_ms * baseline_low_minutes - helped_ms) FILTER (has_verdict OR human_minutes IS NOT NULL) AS numerator_sq,
    sum(done_ms * baseline_high_minutes - helped_ms) FILTER (has_verdict OR human_minutes IS NOT NULL) AS denominator_sq,
    count(*) FILTER (has_verdict) AS n,
    count(*) FILTER (has_verdict) AS covered,
    count(*) AS eligible
FROM valued
GROUP BY ALL
