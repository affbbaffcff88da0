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
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 2
-- catalogue: K11
-- version: 1
-- A cluster is a task: its calls share an input and fail together, so the interval rests on Σk², Σkn and Σn² per task.
-- A call without a task is its own cluster.
WITH clusters AS (
    SELECT
        agent_id, agent_version, day, task_type, environment,
        coalesce(task_id, call_id) AS cluster,
        count(*) FILTER (is_error) AS k,
        count(is_error) AS n,
        count(*) AS calls
    FROM model_calls
    GROUP BY ALL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(k)::BIGINT AS numerator,
    sum(n)::BIGINT AS denominator,
    sum(n)::BIGINT AS n,
    sum(k * k)::BIGINT AS numerator_sq,
    sum(n * n)::BIGINT AS denominator_sq,
    sum(k * n)::BIGINT AS cross_sum,
    sum(n)::BIGINT AS covered,
    sum(calls)::BIGINT AS eligible
FROM clusters
GROUP BY ALL
