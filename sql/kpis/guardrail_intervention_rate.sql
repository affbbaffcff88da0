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
-- needs: calls_by_task
-- sources: invocation_logs, span_logs
-- pillar: 3
-- catalogue: K13
-- version: 1
-- 'detected' only reports: the answer went through. No assessed call means unknown, never a safe 0.
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(intervened)::BIGINT AS numerator,
    sum(assessed)::BIGINT AS denominator,
    sum(assessed)::BIGINT AS n,
    sum(intervened * intervened)::BIGINT AS numerator_sq,
    sum(assessed * assessed)::BIGINT AS denominator_sq,
    sum(intervened * assessed)::BIGINT AS cross_sum,
    sum(assessed)::BIGINT AS covered,
    sum(calls)::BIGINT AS eligible
FROM calls_by_task
GROUP BY ALL
