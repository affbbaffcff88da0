-- grain: one row per given task
-- The attempts of a task put together: its first attempt gives identity and version, its last one the end. Attempts whose
-- spans are no longer kept come as one, from the sealed facts.
WITH attempts AS (
    SELECT task_id, trace_id, agent_id, shown_name, agent_version, session_id, task_key, task_type, environment, end_user_hash,
        declared_environment, success_rule, max_task_hours, started_at, ended_at, duration_ms, root_ok, root_error, is_instrumented,
        1::BIGINT AS attempts, NULL::DATE AS sealed_day
    FROM int_task_traces
    UNION ALL BY NAME
    SELECT task_id, trace_id, agent_id, shown_name, agent_version, session_id, task_key, task_type, environment, end_user_hash,
        declared_environment, success_rule, max_task_hours, started_at, ended_at, duration_ms, root_ok, root_error, is_instrumented,
        attempts, sealed_day
    FROM int_sealed_tasks
)
SELECT task_id,
    arg_min(trace_id, (started_at, trace_id)) AS trace_id, any_value(agent_id) AS agent_id,
    arg_min(shown_name, (started_at, trace_id)) AS agent_name,
    arg_min(agent_version, (started_at, trace_id)) FILTER (agent_version IS NOT NULL) AS agent_version,
    arg_min(session_id, (started_at, trace_id)) FILTER (session_id IS NOT NULL) AS session_id,
    arg_min(task_key, (started_at, trace_id)) FILTER (task_key IS NOT NULL) AS business_key,
    arg_min(task_type, (started_at, trace_id)) FILTER (task_type IS NOT NULL) AS task_type,
    arg_min(environment, (started_at, trace_id)) FILTER (environment IS NOT NULL) AS environment,
    arg_min(end_user_hash, (started_at, trace_id)) FILTER (end_user_hash IS NOT NULL) AS end_user_hash,
    any_value(declared_environment) AS declared_environment, any_value(success_rule) AS success_rule,
    any_value(max_task_hours) AS max_task_hours,
    min(started_at) AS started_at,
    CASE WHEN count(ended_at) = count(*) THEN max(ended_at) END AS ended_at,
    CASE WHEN count(*) = 1 THEN max(duration_ms)
         WHEN count(ended_at) = count(*) THEN date_diff('microsecond', min(started_at), max(ended_at)) / 1000.0 END AS duration_ms,
    arg_max(coalesce(root_ok, false), (started_at, trace_id)) AS root_ok,
    arg_max(coalesce(root_error, false), (started_at, trace_id)) AS root_error,
    bool_or(is_instrumented) AS is_instrumented, sum(attempts)::BIGINT AS attempts, min(sealed_day) AS sealed_day
FROM attempts
GROUP BY task_id
