-- label: Tool reliability
-- question: Which tools can the agent rely on?
-- definition: Share of tool calls that worked, retries counted as calls, for all tools and for each. A call that found nothing or was refused did not work.
-- formula: calls with status ok / calls with a known status
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- evidence: tool calls have a known status
-- slices: tool
-- slice_denominator: own
-- needs: tools_by_task
-- sources: span_logs, xray_traces
-- pillar: 2
-- catalogue: K12
-- version: 2
-- error, timeout, invalid_args, denied and empty are all calls that did not work.
SELECT
    agent_id, agent_version, day, task_type, environment,
    tool AS slice,
    sum(worked)::BIGINT AS numerator,
    sum(told)::BIGINT AS denominator,
    sum(told)::BIGINT AS n,
    sum(worked * worked)::BIGINT AS numerator_sq,
    sum(told * told)::BIGINT AS denominator_sq,
    sum(worked * told)::BIGINT AS cross_sum,
    sum(told)::BIGINT AS covered,
    sum(calls)::BIGINT AS eligible
FROM tools_by_task
GROUP BY ALL
