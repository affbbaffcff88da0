-- label: Model errors
-- question: How often does a model call fail?
-- definition: Share of model call attempts, retries included, that ended in an error.
-- formula: failed attempts / attempts
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: model calls say whether they failed
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: agent_spans, invocation_log
-- pillar: 2
-- catalogue: K11
-- version: 1
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (is_error) AS numerator,
    count(is_error) AS denominator,
    count(is_error) AS n,
    count(is_error) AS covered,
    count(*) AS eligible
FROM model_calls
GROUP BY ALL
