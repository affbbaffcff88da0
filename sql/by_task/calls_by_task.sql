-- grain: one row per task, day and agent that made model calls; a call without a task is a row of its own
-- How the calls of one task went together: they share an input and fail together, so an interval of a rate of calls rests on
-- sums of squares over tasks. `told_…` counts the calls of which it is known.
SELECT
    agent_id, agent_version, day, task_type, environment,
    coalesce(task_id, call_id) AS task,
    count(*) AS calls,
    count(is_error) AS told_errors,
    count(*) FILTER (is_error) AS errors,
    count(throttled) AS told_throttled,
    count(*) FILTER (throttled) AS throttled,
    count(*) FILTER (guardrail_assessed) AS assessed,
    count(*) FILTER (guardrail_assessed AND guardrail_action IN ('masked', 'blocked', 'intervened')) AS intervened
FROM model_calls
GROUP BY ALL
