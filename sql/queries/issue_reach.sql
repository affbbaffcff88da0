-- Of one kind of trouble on $days: the tasks that it could have hit and those that it hit, their sessions and their users. Of a number
-- that no single task tells (a mean cost, missing evidence) every task of that part of the work counts as hit. Sessions and users are NULL
-- where no task names one.
WITH bad_tools AS (
    SELECT task_id, max((status <> 'ok')::INTEGER) AS x FROM tool_calls
    WHERE $kpi IN ('tool_reliability', 'tool_first_try', 'tool_failures') AND status IS NOT NULL AND list_contains($days::DATE[], day)
        AND ($dimension <> 'tool' OR tool_name = $value)
    GROUP BY task_id
),
work AS (
    SELECT t.session_id, t.end_user_hash,
        CASE
            WHEN $kpi = 'success_rate' THEN
                CASE WHEN status_source NOT IN ('escalation', 'lifecycle') AND status IS NOT NULL THEN (status <> 'success')::INTEGER END
            WHEN $kpi = 'accuracy' THEN
                CASE WHEN mature AND truth_weight > 0 AND escalated IS NOT TRUE THEN (truth_score < 0.5)::INTEGER END
            WHEN $kpi = 'completion_rate' THEN CASE WHEN mature THEN (ended_at IS NULL OR status IS NOT DISTINCT FROM 'abandoned')::INTEGER END
            WHEN $kpi = 'escalation_rate' THEN escalated::INTEGER
            WHEN $kpi = 'error_rate' THEN (model_errors > 0)::INTEGER
            WHEN $kpi = 'task_latency' THEN (duration_ms > $threshold)::INTEGER
            WHEN $kpi IN ('tool_reliability', 'tool_first_try', 'tool_failures') THEN b.x
            ELSE 1
        END AS x
    FROM tasks t LEFT JOIN bad_tools b USING (task_id)
    WHERE ($agents IS NULL OR list_contains($agents, t.agent_id)) AND list_contains($days::DATE[], t.day)
        AND ($dimension <> 'task_type' OR task_type = $value)
        AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
)
SELECT count(x) AS tasks, coalesce(sum(x), 0)::BIGINT AS tasks_hit, count(*) AS all_tasks,
    nullif(count(DISTINCT session_id) FILTER (x IS NOT NULL), 0) AS sessions,
    CASE WHEN count(session_id) FILTER (x IS NOT NULL) > 0 THEN count(DISTINCT session_id) FILTER (x = 1) END AS sessions_hit,
    nullif(count(DISTINCT session_id), 0) AS all_sessions,
    nullif(count(DISTINCT end_user_hash) FILTER (x IS NOT NULL), 0) AS users,
    CASE WHEN count(end_user_hash) FILTER (x IS NOT NULL) > 0 THEN count(DISTINCT end_user_hash) FILTER (x = 1) END AS users_hit
FROM work
