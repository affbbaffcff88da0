-- label: Tools work
-- question: Does each tool work at the first try?
-- pillar: 2
-- star: yes
-- part: first_try | interval | >= 0.97 | calls worked at the first try | No tool call was seen: instrument the tools, so that each call is a span with gen_ai.tool.name.
-- do_next: Open the failed calls of the tool named here; mend the tool, or give the agent another way.
-- version: 1
-- Each tool with at least 1 % of the calls stands alone, and the worst decides. A call after a failed one of the same tool in the
-- same task is a second try; one after a call of unknown end may be.
WITH tries AS (
    SELECT agent_id, tool_name, status, count(*) OVER (PARTITION BY agent_id) AS calls, count(*) OVER (PARTITION BY agent_id, tool_name) AS own,
        row_number() OVER w = 1 AS is_first, lag(status) OVER w AS before
    FROM tool_calls
    WINDOW w AS (PARTITION BY agent_id, coalesce(task_id, trace_id), tool_name ORDER BY started_at, span_id)
)
SELECT agent_id, 'first_try' AS part, coalesce(tool_name, 'unnamed') AS slice,
    CASE WHEN tool_name IS NOT NULL THEN count(*) FILTER (status = 'ok' AND (is_first OR before = 'ok')) END AS yes,
    count(*) FILTER (status <> 'ok') AS no, count(*) AS n
FROM tries
WHERE (own >= 0.01 * calls OR tool_name IS NULL) AND (is_first OR before IS NULL OR before = 'ok')
GROUP BY agent_id, tool_name
