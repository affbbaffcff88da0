-- label: Model errors
-- question: How often does a model call fail?
-- definition: Share of model call attempts, retries included, that ended in an error, throttled ones among them.
-- formula: failed attempts / attempts
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- evidence: model calls say whether they failed
-- slices: none
-- slice_denominator: own
-- needs: calls_by_task
-- sources: span_logs, invocation_logs
-- pillar: 2
-- catalogue: K11
-- version: 2
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(errors)::BIGINT AS numerator,
    sum(told_errors)::BIGINT AS denominator,
    sum(told_errors)::BIGINT AS n,
    sum(errors * errors)::BIGINT AS numerator_sq,
    sum(told_errors * told_errors)::BIGINT AS denominator_sq,
    sum(errors * told_errors)::BIGINT AS cross_sum,
    sum(told_errors)::BIGINT AS covered,
    sum(calls)::BIGINT AS eligible
FROM calls_by_task
GROUP BY ALL
