-- label: Risky work is overseen
-- question: Does a person see every task that may do real harm?
-- pillar: 3
-- star: no
-- part: overseen | census | >= 1 | tasks of high risk had a person in them | Tell the risk: `segment` with `risk_class` = `high` in the outcome event; and who was in it: `task.corrected`, `human_review_minutes` or a hand-over.
-- do_next: Open the tasks of high risk that nobody saw, and put an approval before what they do.
-- version: 2
-- A task without any segment may be one of high risk: unless a person was in it, it counts as not told.
WITH risky AS (SELECT agent_id, human_touch, coalesce(segment['risk_class'] = 'high', false) AS high, segment IS NULL AS untold FROM tasks)
SELECT agent_id, 'overseen' AS part, CASE WHEN count(human_touch) FILTER (high) > 0 THEN count(*) FILTER (high AND human_touch) END AS yes,
    count(*) FILTER (high AND NOT human_touch) AS no, count(*) FILTER (high OR (untold AND human_touch IS DISTINCT FROM true)) AS n,
    count(*) FILTER (high) AS seen
FROM risky GROUP BY agent_id HAVING count(*) FILTER (high) > 0
