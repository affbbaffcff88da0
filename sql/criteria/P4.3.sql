-- label: The judge is trusted
-- question: Do automatic judges agree with people well enough to be believed?
-- pillar: 4
-- star: no
-- part: judged | agreement | >= 0.6 | tasks were judged by people and by judges | Let people judge tasks that a judge judged too: 50 of them, at least ten right and ten wrong.
-- do_next: Have people judge more of what judges judged, or change the judge's rubric until they agree.
-- version: 1
-- The parts of the KPI judge_agreement for all judges together.
SELECT agent_id, 'judged' AS part, sum(numerator) AS yes, sum(denominator) AS n, sum(denominator_sq) AS people_yes, sum(cross_sum) AS judges_yes
FROM kpi_daily WHERE kpi = 'judge_agreement' AND slice = '' GROUP BY agent_id HAVING sum(denominator) > 0
