-- label: Net value
-- question: Is it worth its money?
-- definition: What people would have cost for the tasks that ended in success, less the model cost of all tasks, people's time on them, and the declared cost of errors that nobody caught. Building it and keeping it running is not in it: where the contract names setup_cost_usd and monthly_cost_usd, the time of payback follows from it.
-- formula: sum of (baseline minutes of successes - human minutes) × hourly rate - cost of all tasks - uncaught errors × cost of an error
-- unit: usd
-- better: higher
-- kind: sum
-- interval: monte_carlo
-- minimum_n: 1
-- minimum_coverage: 0.95
-- evidence: model calls have a known price
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: span_logs, xray_traces, invocation_logs, outcome_events
-- pillar: 1
-- catalogue: K20
-- version: 2
-- missing: No finished task here has both a baseline and an hourly rate: name baseline_minutes and hourly_rate_usd in the contract of its agent (ledger.toml).
-- Only agents whose contract names a baseline and an hourly rate have a value; without a verdict a task saves nothing and still costs.
-- What a rule says a task is worth takes the place of the time it saves. An error nobody caught is a failure without a human
-- touch. denominator, numerator_sq and denominator_sq: what the successes are worth, by the middle, the least and the greatest
-- baseline; cross_sum = successes.
WITH valued AS (
    SELECT
        t.*,
        CASE WHEN t.status = 'success' AND t.value_usd IS NULL THEN a.hourly_rate_usd / 60 ELSE 0 END AS rate,
        CASE WHEN t.status = 'success' THEN coalesce(t.value_usd, 0) ELSE 0 END::DOUBLE AS worth,
        coalesce(t.cost_usd, 0)::DOUBLE + coalesce(t.human_minutes, 0) * a.hourly_rate_usd / 60
            + CASE WHEN t.status = 'failed' AND t.human_touch IS NOT TRUE THEN coalesce(a.error_cost_usd, 0) ELSE 0 END AS spent
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE t.mature AND a.hourly_rate_usd IS NOT NULL AND (t.baseline_minutes IS NOT NULL OR t.value_usd IS NOT NULL)
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(worth + coalesce(baseline_minutes, 0) * rate - spent) AS numerator,
    sum(worth + coalesce(baseline_minutes, 0) * rate) AS denominator,
    sum(worth + coalesce(baseline_low_minutes, 0) * rate) AS numerator_sq,
    sum(worth + coalesce(baseline_high_minutes, 0) * rate) AS denominator_sq,
    count(*) FILTER (status = 'success') AS cross_sum,
    count(*) AS n,
    sum(coalesce(priced_calls, 0)) AS covered,
    sum(coalesce(model_calls, 1)) AS eligible
FROM valued
GROUP BY ALL
