-- label: The threshold is enforced
-- question: Does it hand over whenever it is not sure enough?
-- pillar: 3
-- star: yes
-- part: leaked | census | <= 0.01 | tasks below the threshold were not handed over | Name `confidence_threshold` in the contract, and send `confidence` and `escalation.escalated` in outcome events.
-- do_next: Open the leaked tasks: the hand-over must hang on the threshold in code, not on a prompt.
-- version: 1
-- The parts of the KPI leakage. A task that states no confidence may have leaked. Judged from 30 decisions on, however few of
-- them lie below the threshold.
SELECT agent_id, 'leaked' AS part, CASE WHEN sum(covered) > 0 THEN sum(numerator) END AS yes, sum(denominator) - sum(numerator) AS no,
    sum(denominator) + sum(eligible) - sum(covered) AS n, sum(covered) AS seen
FROM kpi_daily WHERE kpi = 'leakage' GROUP BY agent_id
