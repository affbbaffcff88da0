-- One side of a comparison: by kind of task (part cell) what was finished, has an answer and was good; by job (part job; task.id, a
-- task without one is a job of its own) the answers, jobs in the order in which they began. Success and accuracy are those of the KPIs.
-- Kinds are what is known before a task is done: its type and the named segments. Part usual: how the answers (y) go with what was usual
-- (x) of the same user, drawn to the same kind of work by five tasks, over [$usual_from, $usual_to), before either side began.
WITH answered AS (
    SELECT *, coalesce(business_key, task_id) AS job,
        concat_ws(' · ', coalesce(task_type, 'no type'), nullif(array_to_string(
            list_transform($dims::VARCHAR[], lambda d: coalesce(segment[d], 'no ' || d)), ' · '), '')) AS cell,
        CASE $measure
            WHEN 'success' THEN CASE WHEN status_source IN ('verdict', 'root_status') AND status IS NOT NULL THEN (status = 'success')::INTEGER END
            ELSE CASE WHEN mature AND truth_weight > 0 AND escalated IS NOT TRUE THEN (truth_score >= 0.5)::INTEGER END
        END AS good
    FROM tasks
    WHERE day >= least($from, $usual_from::DATE) AND day < $to AND ($agents IS NULL OR list_contains($agents, agent_id))
        AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
side AS (FROM answered WHERE day >= $from AND ($versions IS NULL OR list_contains($versions::VARCHAR[], agent_version))),
before AS (FROM answered WHERE day >= $usual_from::DATE AND day < $usual_to::DATE AND good IS NOT NULL),
of_kind AS (SELECT cell, avg(good) AS rate FROM before GROUP BY cell),
of_user AS (SELECT end_user_hash, count(*) AS n, sum(good) AS k FROM before WHERE end_user_hash IS NOT NULL GROUP BY end_user_hash),
usual AS (
    SELECT s.good AS y, (coalesce(u.k, 0) + 5 * r) / (coalesce(u.n, 0) + 5) AS x
    FROM side s LEFT JOIN of_user u USING (end_user_hash) LEFT JOIN of_kind c USING (cell),
        LATERAL (SELECT coalesce(c.rate, (SELECT avg(good) FROM before)) AS r)
    WHERE s.good IS NOT NULL AND r IS NOT NULL
)
SELECT 'cell' AS part, cell AS name, count(*) FILTER (mature) AS tasks, count(good) AS n, coalesce(sum(good), 0)::BIGINT AS k,
    count(DISTINCT truth_weight) FILTER (good IS NOT NULL) AS weights, min(started_at) AS first_at, max(started_at) AS last_at,
    NULL::INTEGER[] AS results
FROM side GROUP BY cell
UNION ALL BY NAME
SELECT 'job' AS part, job AS name, list(good ORDER BY started_at, task_id) AS results, min(started_at) AS first_at
FROM side WHERE good IS NOT NULL GROUP BY job
UNION ALL BY NAME
SELECT 'usual' AS part, '' AS name, count(*) AS n, sum(y) AS k, sum(x) AS x, sum(x * x) AS xx, sum(x * y) AS xy FROM usual HAVING count(*) > 0
ORDER BY part, first_at, name
