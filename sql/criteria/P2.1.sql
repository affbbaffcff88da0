-- label: Tools work
-- question: Does each tool work at the first try?
-- pillar: 2
-- star: yes
-- part: first_try | interval | >= 0.97 | calls worked at the first try | No tool call was seen: instrument the tools, so that each call is a span with gen_ai.tool.name.
-- do_next: Open the failed calls of the tool named here; mend the tool, or give the agent another way.
-- version: 2
-- The parts of the KPI tool_first_try. Each tool with at least 1 % of the first tries stands alone, and the worst decides.
WITH tools AS (
    SELECT agent_id, slice, sum(numerator) AS worked, sum(denominator) AS told, sum(eligible) AS tries,
        sum(sum(eligible)) OVER (PARTITION BY agent_id) AS every
    FROM kpi_daily WHERE kpi = 'tool_first_try' AND slice <> '' GROUP BY agent_id, slice
)
SELECT agent_id, 'first_try' AS part, slice, CASE WHEN slice <> 'unknown' AND told > 0 THEN worked END AS yes, told - worked AS no, tries AS n
FROM tools WHERE tries >= 0.01 * every OR slice = 'unknown'
