-- label: Defined end state
-- question: Does every task come to an end in time?
-- pillar: 1
-- star: yes
-- part: ended | census | >= 0.98 | tasks came to an end within their time limit | Send spans that end: without the root's end nobody knows that a task is over.
-- do_next: Look at the abandoned tasks: end the root span on every path, and set `max_task_hours` to what a task may take.
-- version: 1
-- The parts of the KPI completion_rate: abandoned tasks stay in, cancelled ones are left out.
SELECT agent_id, 'ended' AS part, sum(numerator) AS yes, sum(denominator) AS n
FROM kpi_daily WHERE kpi = 'completion_rate' GROUP BY agent_id
