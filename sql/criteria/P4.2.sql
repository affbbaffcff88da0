-- label: Accuracy is known
-- question: Is it known closely enough how often the agent is right?
-- pillar: 4
-- star: yes
-- part: known | half_width | <= 0.1 | answers were checked | No answer was checked: report outcomes from your system of record, or draw tasks at random for review.
-- do_next: Draw more answers at random for review, with `label.inclusion_probability`.
-- version: 1
-- The checked answers of the KPI accuracy, without what a judge adds to them; n is their effective number (Kish),
-- rounded where the order in which fractions are added shows.
WITH sums AS (
    SELECT agent_id, sum(numerator) AS y, sum(denominator) AS w, sum(denominator_sq) AS w2, sum(n) AS checked, sum(eligible) AS answers
    FROM kpi_daily WHERE kpi = 'accuracy' AND slice = '' GROUP BY agent_id
)
SELECT agent_id, 'known' AS part, round(y * w / w2, 9) AS yes, round(w * w / w2, 9) AS n, checked AS seen, answers AS all_n
FROM sums WHERE w > 0
