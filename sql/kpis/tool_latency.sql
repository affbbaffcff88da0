-- label: Tool call time
-- question: How long does one tool call take?
-- definition: Duration of each tool call, whatever its result.
-- formula: p50, p95 and p99 over log buckets of 1 % width
-- unit: ms
-- better: lower
-- kind: quantile
-- interval: binomial_ranks
-- minimum_n: 30
-- evidence: tool calls have a measured duration
-- slices: tool
-- slice_denominator: own
-- needs: tool_calls
-- sources: span_logs, xray_traces
-- pillar: 2
-- catalogue: K10
-- version: 1
-- Rows without a bucket count what was not measured: it lowers the coverage and is never a duration of 0.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.slice AS slice,
    dd_idx(duration_ms) AS bucket,
    count(*) AS n,
    sum(duration_ms) AS sum_ms,
    min(duration_ms) AS min_ms,
    max(duration_ms) AS max_ms
FROM tool_calls, unnest([{'slice': ''}, {'slice': coalesce(tool_name, 'unknown')}]) AS parts (part)
GROUP BY ALL
