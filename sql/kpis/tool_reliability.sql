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
-- needs: tool_calls
-- sources: span_logs, xray_traces
-- pillar: 2
-- catalogue: K12
-- version: 1
-- error, timeout, invalid_args, denied and empty are all calls that did not work.
-- A cluster is a task: its calls share an input and fail together, so the interval rests on Σk², Σkn and Σn² per task.
-- A call without a task is its own cluster.
WITH clusters AS (
    SELECT
        agent_id, agent_version, day, task_type, environment,
        part.slice AS slice,
        coalesce(task_id, trace_id || '/' || span_id) AS cluster,
        count(*) FILTER (status = 'ok') AS k,
        count(status) AS n,
        count(*) AS calls
    FROM tool_calls, unnest([{'slice': ''}, {'slice': coalesce(tool_name, 'unknown')}]) AS parts (part)
    GROUP BY ALL
)
SELECT
    agent_id, agent_version, day, task_type, environment,
    slice,
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
