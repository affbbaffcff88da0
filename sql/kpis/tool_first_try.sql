-- label: First try
-- question: Which tools work at the first try?
-- definition: Share of tool calls that worked, over those that do not repeat a failed call of the same tool, for all tools and for each. Repeats are in tool reliability; a call after one of unknown end lowers the coverage.
-- formula: first calls with status ok / first calls with a known status
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: clustered_wilson
-- minimum_n: 30
-- evidence: first calls of a tool have a known status
-- slices: tool
-- slice_denominator: own
-- needs: tools_by_task
-- sources: span_logs, xray_traces
-- pillar: 2
-- catalogue: K12
-- version: 2
SELECT
    agent_id, agent_version, day, task_type, environment,
    tool AS slice,
    sum(worked_first)::BIGINT AS numerator,
    sum(told_first)::BIGINT AS denominator,
    sum(told_first)::BIGINT AS n,
    sum(worked_first * worked_first)::BIGINT AS numerator_sq,
    sum(told_first * told_first)::BIGINT AS denominator_sq,
    sum(worked_first * told_first)::BIGINT AS cross_sum,
    sum(told_first)::BIGINT AS covered,
    sum(first_tries)::BIGINT AS eligible
FROM tools_by_task
GROUP BY ALL
