-- label: Spend
-- question: How much money went into model calls, and into which models?
-- definition: Price-table cost of all model calls by the day of the call, whoever made them; calls without a known agent are their own line. It is not the AWS bill: discounts, credits, tax and other services are not in it.
-- formula: sum of call cost
-- unit: usd
-- better: lower
-- kind: sum
-- interval: none
-- minimum_n: 1
-- minimum_coverage: 0.95
-- evidence: model calls have a known price
-- slices: model
-- slice_denominator: own
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 1
-- catalogue: K25
-- version: 1
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    sum(cost_usd) AS numerator,
    count(*) AS n,
    count(cost_usd) AS covered,
    count(*) AS eligible
FROM model_calls, unnest([{'slice': ''}, {'slice': coalesce(model, 'unknown')}]) AS parts (part)
GROUP BY ALL
