-- label: Tools are fast enough
-- question: Do nineteen of twenty calls of each tool stay within the declared time?
-- pillar: 2
-- star: no
-- part: fast | interval | >= 0.95 | calls stayed within the declared time | Declare what a tool may take: a target `{ kpi = "tool_latency", target = 2000, limit = "max", from = … }` (ms) of the agent.
-- do_next: Open the slowest calls of the tool named here; make it faster, or declare the time that the work really allows.
-- version: 1
-- At least 95 % within the time is the same as p95 within the time, and so are their bounds. A call not measured counts as not told.
WITH slo AS (
    SELECT agent_id, arg_max(target, valid_from) AS limit_ms FROM targets
    WHERE kpi = 'tool_latency' AND limit_kind = 'max' AND valid_from < $to AND (valid_to IS NULL OR valid_to > $from) GROUP BY agent_id
),
calls AS (
    SELECT c.*, limit_ms, count(*) OVER (PARTITION BY agent_id) AS calls, count(*) OVER (PARTITION BY agent_id, tool_name) AS own
    FROM tool_calls c JOIN slo USING (agent_id)
)
SELECT agent_id, 'fast' AS part, coalesce(tool_name, 'unnamed') AS slice,
    CASE WHEN count(duration_ms) > 0 AND tool_name IS NOT NULL THEN count(*) FILTER (duration_ms <= limit_ms) END AS yes,
    count(*) FILTER (duration_ms > limit_ms) AS no, count(*) AS n
FROM calls WHERE own >= 0.01 * calls OR tool_name IS NULL
GROUP BY agent_id, tool_name
