-- label: Throttling
-- question: How often does the model turn a call away?
-- definition: Share of model call attempts, retries included, that were throttled.
-- formula: throttled attempts / attempts
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- evidence: model calls say whether they were throttled
-- slices: none
-- slice_denominator: own
-- needs: calls_by_task
-- sources: span_logs, invocation_logs
-- pillar: 2
-- catalogue: K11
-- version: 2
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(throttled)::BIGINT AS numerator,
    sum(told_throttled)::BIGINT AS denominator,
    sum(told_throttled)::BIGINT AS n,
    sum(throttled * throttled)::BIGINT AS numerator_sq,
    sum(told_throttled * told_throttled)::BIGINT AS denominator_sq,
    sum(throttled * told_throttled)::BIGINT AS cross_sum,
    sum(told_throttled)::BIGINT AS covered,
    sum(calls)::BIGINT AS eligible
FROM calls_by_task
GROUP BY ALL
