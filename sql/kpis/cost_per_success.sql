-- label: Cost per good result
-- question: What do we pay for one good result?
-- definition: Price-table cost of the model calls of all tasks, failed and unfinished ones included, divided by the tasks reported as a success. Tools, hosting and people's time are not in it.
-- formula: sum of cost of all tasks / successful tasks
-- unit: usd
-- better: lower
-- kind: cost_ratio
-- interval: fieller
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls have a known price
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, invocation_logs, outcome_events
-- pillar: 1
-- catalogue: K8
-- version: 2
-- Without a single verdict the number of successes is unknown (NULL), which is not the same as none. A task with nothing recorded
-- below its agent (model_calls NULL) made calls that nobody saw: in the coverage it is one call without a price.
WITH judged AS (
    SELECT
        agent_id, agent_version, day, task_type, environment, model_calls, priced_calls,
        cost_usd::DOUBLE AS cost,
        CASE
            WHEN status_source NOT IN ('escalation', 'lifecycle') AND status IS NOT NULL THEN (status = 'success')::INTEGER
        END AS good
    FROM tasks
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
