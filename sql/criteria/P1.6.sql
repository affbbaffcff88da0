-- label: No duplicate work
-- question: Is any job done and booked twice?
-- pillar: 1
-- star: no
-- part: double | census | <= 0.01 | jobs have more than one committed result | Put `task.id` on the root span, so that two attempts at one job can be told.
-- do_next: Open the jobs with two results; make the agent ask whether the job is done before it commits.
-- version: 1
-- A task without a key or without an outcome may be the second of a job: it counts as not told.
WITH keyed AS (
    SELECT agent_id, business_key, count(*) FILTER (status = 'success') AS done, count(*) FILTER (status IS NULL) AS open
    FROM tasks WHERE business_key IS NOT NULL GROUP BY ALL
),
loose AS (SELECT agent_id, count(*) AS tasks FROM tasks WHERE business_key IS NULL AND coalesce(status, 'success') = 'success' GROUP BY agent_id)
SELECT agent_id, 'double' AS part, count(*) FILTER (done > 1) AS yes, count(*) FILTER (done + open <= 1) AS no,
    count(*) + coalesce(any_value(tasks), 0) AS n
FROM keyed LEFT JOIN loose USING (agent_id) GROUP BY agent_id
