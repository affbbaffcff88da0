-- label: Tool reliability
-- question: Which tools can the agent rely on?
-- definition: Share of tool calls that worked, for all tools and for each.
-- formula: calls with status ok / calls with a known status
-- unit: ratio
-- better: higher
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tool calls have a known status
-- slices: tool
-- slice_denominator: own
-- needs: tool_calls
-- sources: agent_spans, xray
-- pillar: 2
-- catalogue: K12
-- version: 1
-- error, timeout, invalid_args, denied and empty are all calls that did not work.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    count(*) FILTER (status = 'ok') AS numerator,
    count(status) AS denominator,
    count(status) AS n,
    count(status) AS covered,
    count(*) AS eligible
FROM tool_calls, unnest([{'slice': ''}, {'slice': coalesce(tool_name, 'unknown')}]) AS parts (part)
GROUP BY ALL
