-- grain: one row per current outcome event
-- The task an event speaks of: by trace id, else session id, else task id, always within its agent. A session or key
-- with several tasks gives the latest one begun by then, else the first.
WITH candidates AS (
    SELECT o.event_id, t.task_id, t.started_at, o.happened_at
    FROM stg_outcomes o
    JOIN int_task_traces t
      ON (o.trace_id IS NOT NULL AND t.trace_id = o.trace_id)
    WHERE o.agent_id = t.agent_id OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name)
        OR (o.agent_id IS NULL AND o.agent_name IS NULL)
    UNION ALL
    SELECT o.event_id, t.task_id, t.started_at, o.happened_at
    FROM stg_outcomes o
    JOIN int_task_traces t ON o.trace_id IS NULL AND o.session_id IS NOT NULL AND t.session_id = o.session_id
    WHERE o.agent_id = t.agent_id OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name)
    UNION ALL
    SELECT o.event_id, t.task_id, t.started_at, o.happened_at
    FROM stg_outcomes o
    JOIN int_task_traces t ON o.trace_id IS NULL AND o.session_id IS NULL AND t.task_key = o.task_key
    WHERE o.agent_id = t.agent_id OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name)
)
SELECT o.*, m.task_id
FROM stg_outcomes o
LEFT JOIN (
    SELECT event_id, coalesce(
        arg_max(task_id, (started_at, task_id)) FILTER (started_at <= happened_at + INTERVAL 1 SECOND),
        arg_min(task_id, (started_at, task_id))) AS task_id
    FROM candidates GROUP BY event_id
) m USING (event_id)
