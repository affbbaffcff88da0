-- One side of a comparison: by kind of task (part cell) what was finished, has an answer and was good; by job (part job; task.id, a
-- task without one is a job of its own) the answers, jobs in the order in which they began. Success and accuracy are those of the KPIs.
-- Kinds are what is known before a task is done: its type and the named segments.
WITH side AS (
    SELECT *, coalesce(business_key, task_id) AS job,
        concat_ws(' · ', coalesce(task_type, 'no type'), nullif(array_to_string(
            list_transform($dims::VARCHAR[], lambda d: coalesce(segment[d], 'no ' || d)), ' · '), '')) AS cell,
        CASE $measure
            WHEN 'success' THEN CASE WHEN status_source IN ('verdict', 'root_status') AND status IS NOT NULL THEN (status = 'success')::INTEGER END
            ELSE CASE WHEN mature AND truth_weight > 0 AND escalated IS NOT TRUE THEN (truth_score >= 0.5)::INTEGER END
        END AS good
    FROM tasks
    WHERE day >= $from AND day < $to AND ($agents IS NULL OR list_contains($agents, agent_id))
        AND ($versions IS NULL OR list_contains($versions::VARCHAR[], agent_version))
        AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
)
SELECT 'cell' AS part, cell AS name, count(*) FILTER (mature) AS tasks, count(good) AS n, coalesce(sum(good), 0)::BIGINT AS k,
    count(DISTINCT truth_weight) FILTER (good IS NOT NULL) AS weights, min(started_at) AS first_at, max(started_at) AS last_at,
    NULL::INTEGER[] AS results
FROM side GROUP BY cell
UNION ALL BY NAME
SELECT 'job' AS part, job AS name, list(good ORDER BY started_at, task_id) AS results, min(started_at) AS first_at
FROM side WHERE good IS NOT NULL GROUP BY job
ORDER BY part, first_at, name
