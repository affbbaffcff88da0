-- label: Versions of tools are known
-- question: Can a change of a tool be told from a change of the agent?
-- pillar: 2
-- star: no
-- part: versioned | census | >= 0.95 | tool calls name the version of the tool | AWS records no version of a tool: put `gen_ai.tool.version` on the spans of tool calls.
-- do_next: Put `gen_ai.tool.version` on the spans of every tool.
-- version: 1
SELECT agent_id, 'versioned' AS part, nullif(count(tool_version), 0) AS yes, count(*) AS n FROM tool_calls GROUP BY agent_id
