-- grain: one row per task, day, agent and tool that was called, and one for all tools (tool ''); a call without a task is a row of its own
-- How the tool calls of one task went together, as in calls_by_task. A first try is a call that does not follow a failed one of the
-- same tool in the same trace; one after a call of unknown end may be one, and tells nothing.
SELECT
    agent_id, agent_version, day, task_type, environment,
    part.tool AS tool,
    coalesce(task_id, trace_id || '/' || span_id) AS task,
    count(*) AS calls,
    count(status) AS told,
    count(*) FILTER (status = 'ok') AS worked,
    count(*) FILTER (is_retry IS DISTINCT FROM true) AS first_tries,
    count(status) FILTER (NOT is_retry) AS told_first,
    count(*) FILTER (status = 'ok' AND NOT is_retry) AS worked_first
FROM tool_calls, unnest([{'tool': ''}, {'tool': coalesce(tool_name, 'unknown')}]) AS parts (part)
GROUP BY ALL
