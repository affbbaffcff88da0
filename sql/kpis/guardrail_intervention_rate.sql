-- label: Guardrail interventions
-- question: How often does a guardrail step in, and is it there at all?
-- definition: Share of the model calls checked by a guardrail in which it stepped in, and the same by the side it looked at (input, output) and by its policy; coverage is the share of calls that were checked.
-- formula: calls with an intervention / calls assessed
-- unit: ratio
-- better: none
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- minimum_coverage: 0.95
-- evidence: model calls were checked by a guardrail
-- slices: side or policy
-- slice_denominator: total
-- needs: calls_by_task, guardrail_checks
-- sources: invocation_logs, span_logs
-- pillar: 3
-- catalogue: K13
-- version: 2
-- 'detected' only reports: the answer went through. No assessed call means unknown, never a safe 0. The slices are calls in which
-- the guardrail stepped in on this side (input, output) or by this policy, of all assessed; a call may be in several. Where only
-- the fact of an intervention is known it is in the whole alone.
WITH stepped_in AS (
    SELECT
        agent_id, agent_version, day, task_type, environment, coalesce(task_id, call_id) AS task, part.slice AS slice,
        count(DISTINCT call_id) AS calls
    FROM guardrail_checks, unnest([{'slice': source}, {'slice': policy}]) AS parts (part)
    WHERE action IN ('masked', 'blocked')
    GROUP BY ALL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    '' AS slice,
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
UNION ALL
SELECT
    s.agent_id, s.agent_version, s.day, s.task_type, s.environment, s.slice, sum(s.calls)::BIGINT, NULL, NULL,
    sum(s.calls * s.calls)::BIGINT, NULL, sum(s.calls * c.assessed)::BIGINT, NULL, NULL
FROM stepped_in s
JOIN calls_by_task c ON c.task = s.task AND c.agent_id = s.agent_id AND c.day = s.day
    AND c.agent_version IS NOT DISTINCT FROM s.agent_version AND c.task_type IS NOT DISTINCT FROM s.task_type
    AND c.environment IS NOT DISTINCT FROM s.environment
GROUP BY ALL
