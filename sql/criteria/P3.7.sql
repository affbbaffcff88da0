-- label: Risky work is overseen
-- question: Does a person see every task that may do real harm?
-- pillar: 3
-- star: no
-- part: overseen | census | >= 1 | tasks of high risk had a person in them | Tell the risk: `segment` with `risk_class` = `high` in the outcome event; and who was in it: `task.corrected`, `human_review_minutes` or a hand-over.
-- do_next: Open the tasks of high risk that nobody saw, and put an approval before what they do.
-- version: 1
SELECT agent_id, 'overseen' AS part, CASE WHEN count(human_touch) > 0 THEN count(*) FILTER (human_touch) END AS yes,
    count(*) FILTER (NOT human_touch) AS no, count(*) AS n
FROM tasks WHERE segment['risk_class'] = 'high' GROUP BY agent_id
