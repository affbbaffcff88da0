-- label: Governed access
-- question: Is it known on whose behalf each tool was called, and are refusals rare?
-- pillar: 2
-- star: yes
-- part: recorded | census | >= 0.99 | tool calls name who asked, or were decided by a gateway's policy | Put `user.id` (kept as a hash) on the agent's spans, or call tools through an AgentCore gateway with a policy engine.
-- part: denied | census | <= 0.01 | tool calls were refused | No tool call was seen: instrument the tools, so that each call is a span with gen_ai.tool.name.
-- do_next: Give the agent what it needs and nothing else: read the refused calls, and route tools through a gateway with a policy.
-- version: 1
-- No span of a tool names a principal of its own. What is read: the user of the task (user.id or actor.id), and decisions of a
-- gateway's policy engine on that tool in that trace.
WITH decided AS (SELECT DISTINCT trace_id, lower(regexp_replace(tool_name, '^.*___', '')) AS tool FROM policy_decisions WHERE tool_name IS NOT NULL),
calls AS (
    SELECT c.agent_id, c.status, t.end_user_hash IS NOT NULL OR d.tool IS NOT NULL AS known
    FROM tool_calls c LEFT JOIN main.tasks t ON t.task_id = c.task_id
    LEFT JOIN decided d ON d.trace_id = c.trace_id AND d.tool = lower(regexp_replace(c.tool_name, '^.*___', ''))
)
SELECT agent_id, 'recorded' AS part, nullif(count(*) FILTER (known), 0) AS yes, NULL AS no, count(*) AS n FROM calls GROUP BY agent_id
UNION ALL BY NAME
SELECT agent_id, 'denied' AS part, count(*) FILTER (status = 'denied') AS yes, count(*) FILTER (status <> 'denied') AS no, count(*) AS n
FROM calls GROUP BY agent_id
