-- label: Full cost per good result
-- question: What does one good result cost with people's help and mistakes in it?
-- definition: Price-table cost of the model calls of all tasks, the time people spent on them at the agent's hourly rate, and the declared cost of each failure that nobody caught, divided by the tasks reported as a success. Tools, hosting and building it are not in it.
-- formula: (cost of all tasks + people's minutes × hourly rate + uncaught errors × cost of an error) / successful tasks
-- unit: usd
-- better: lower
-- kind: cost_ratio
-- interval: fieller
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls have a known price
-- slices: none
-- slice_denominator: own
-- needs: tasks, agents
-- sources: span_logs, xray_traces, invocation_logs, outcome_events
-- pillar: 1
-- catalogue: K8
-- version: 1
-- missing: No finished task here belongs to an agent with an hourly rate: name hourly_rate_usd in its contract (ledger.toml).
-- Minutes that nobody reported are not in it, nor is an error without a declared cost. An error nobody caught is a failure without a
-- human touch. Without a single verdict the number of successes is unknown (NULL), which is not the same as none.
WITH judged AS (
    SELECT
        t.agent_id, t.agent_version, t.day, t.task_type, t.environment, t.model_calls, t.priced_calls,
        coalesce(t.cost_usd, 0)::DOUBLE + coalesce(t.human_minutes, 0) * a.hourly_rate_usd / 60
            + CASE WHEN t.status = 'failed' AND t.human_touch IS NOT TRUE THEN coalesce(a.error_cost_usd, 0) ELSE 0 END AS cost,
        CASE
            WHEN t.status_source NOT IN ('escalation', 'lifecycle') AND t.status IS NOT NULL THEN (t.status = 'success')::INTEGER
        END AS good
    FROM tasks t
    JOIN agents a USING (agent_id)
    WHERE t.mature AND a.hourly_rate_usd IS NOT NULL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(cost) AS numerator,
    sum(cost * cost) AS numerator_sq,
    sum(good) AS denominator,
    sum(good) AS denominator_sq,
    coalesce(sum(cost * good), 0) AS cross_sum,
    count(*) AS n,
    sum(coalesce(priced_calls, 0)) AS covered,
    sum(coalesce(model_calls, 1)) AS eligible
FROM judged
GROUP BY ALL
