-- label: Cost per task
-- question: What does one task cost?
-- definition: Price-table cost of the model calls of finished tasks, every status, attempt and retry included, divided by their number. Tools, hosting and people's time are not in it.
-- formula: sum of cost / mature tasks
-- unit: usd
-- better: lower
-- kind: mean
-- interval: log_delta
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls have a known price
-- slices: none
-- slice_denominator: own
-- needs: tasks
-- sources: span_logs, xray_traces, invocation_logs
-- pillar: 1
-- catalogue: K7
-- version: 1
-- Coverage is the priced share of model calls: below the minimum the number is only a lower bound. A task with nothing recorded
-- below its agent (model_calls NULL) made calls that nobody saw: it counts as one call without a price.
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(cost_usd::DOUBLE) AS numerator,
    sum(cost_usd::DOUBLE * cost_usd::DOUBLE) AS numerator_sq,
    count(*) AS denominator,
    count(*) AS n,
    sum(coalesce(priced_calls, 0)) AS covered,
    sum(coalesce(model_calls, 1)) AS eligible
FROM tasks
WHERE mature
GROUP BY ALL
