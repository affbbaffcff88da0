-- label: Tool failures
-- question: Whose fault is it when a tool call does not work?
-- definition: Share of tool calls that did not work, and of these by kind: wrong arguments are the agent's fault; errors and time-outs the tool's; refusals a matter of access; empty answers one of data.
-- formula: calls that did not work / calls with a known status
-- unit: ratio
-- better: lower
-- kind: ratio
-- interval: wilson
-- minimum_n: 30
-- evidence: tool calls have a known status
-- slices: kind
-- slice_denominator: total
-- needs: tool_calls
-- sources: span_logs, xray_traces
-- pillar: 2
-- catalogue: K12
-- version: 1
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    count(*) FILTER (status <> 'ok') AS numerator,
    count(status) AS denominator,
    count(status) AS n,
    count(status) AS covered,
    count(*) AS eligible
FROM tool_calls,
    unnest(CASE WHEN status <> 'ok' THEN [{'slice': ''}, {'slice': status}] ELSE [{'slice': ''}] END) AS parts (part)
GROUP BY ALL
