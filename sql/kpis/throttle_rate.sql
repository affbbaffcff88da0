-- label: Throttling
-- question: How often does the model turn a call away?
-- definition: Share of model call attempts, retries included, that were throttled.
-- formula: throttled attempts / attempts
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: model calls say whether they were throttled
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: agent_spans, invocation_log
-- pillar: 2
-- catalogue: K11
-- version: 1
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (throttled) AS numerator,
    count(throttled) AS denominator,
    count(throttled) AS n,
    count(throttled) AS covered,
    count(*) AS eligible
FROM model_calls
GROUP BY ALL
