-- label: Guardrail interventions
-- question: How often does a guardrail step in, and is it there at all?
-- definition: Share of the model calls checked by a guardrail in which it stepped in; coverage is the share of calls that were checked.
-- formula: calls with an intervention / calls assessed
-- unit: ratio
-- better: none
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls were checked by a guardrail
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: invocation_logs, span_logs
-- pillar: 3
-- catalogue: K13
-- version: 1
-- 'detected' only reports: the answer went through. No assessed call means unknown, never a safe 0.
-- A cluster is a task: its calls share an input and fail together, so the interval rests on Σk², Σkn and Σn² per task.
-- A call without a task is its own cluster.
WITH clusters AS (
    SELECT
        agent_id, agent_version, day, task_type, environment,
        coalesce(task_id, call_id) AS cluster,
        count(*) FILTER (guardrail_assessed AND guardrail_action IN ('masked', 'blocked', 'intervened')) AS k,
        count(*) FILTER (guardrail_assessed) AS n,
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
