-- label: Tools are used right
-- question: Does the agent call tools with arguments that they accept?
-- pillar: 2
-- star: no
-- part: invalid | interval | <= 0.02 | tool calls had arguments that the tool refused | No tool call was seen: instrument the tools, so that each call is a span with gen_ai.tool.name.
-- do_next: Read the refused arguments; make the description of that tool plainer, or its schema stricter.
-- version: 1
SELECT agent_id, 'invalid' AS part, count(*) FILTER (status = 'invalid_args') AS yes, count(*) FILTER (status <> 'invalid_args') AS no,
    count(*) AS n
FROM tool_calls GROUP BY agent_id
