-- label: Guardrail interventions
-- question: How often does a guardrail step in, and is it there at all?
-- definition: Share of the model calls checked by a guardrail in which it stepped in; coverage is the share of calls that were checked.
-- formula: calls with an intervention / calls assessed
-- unit: ratio
-- better: none
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls were checked by a guardrail
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: invocation_log, agent_spans
-- pillar: 3
-- catalogue: K13
-- version: 1
-- 'detected' only reports: the answer went through. No assessed call means unknown, never a safe 0.
SELECT
    agent_id, agent_version, day, task_type, environment,
    count(*) FILTER (guardrail_assessed AND guardrail_action IN ('masked', 'blocked', 'intervened')) AS numerator,
    count(*) FILTER (guardrail_assessed) AS denominator,
    count(*) FILTER (guardrail_assessed) AS n,
    count(*) FILTER (guardrail_assessed) AS covered,
    count(*) AS eligible
FROM model_calls
GROUP BY ALL
