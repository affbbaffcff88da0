-- grain: one row per current outcome event
-- The task an event speaks of: by trace id, else session id, else task id, always within its agent. A trace id of which nothing
-- has arrived leaves it to the session and the task id. A session or key with several tasks gives the latest one begun by then,
-- else the first.
WITH events AS (
    SELECT o.event_id, o.agent_id, o.agent_name, o.trace_id, o.session_id, o.task_key, o.happened_at, r.trace_id IS NULL AS loose
    FROM stg_outcomes o
    LEFT JOIN (SELECT trace_id FROM int_traces UNION SELECT trace_id FROM int_sealed_traces) r USING (trace_id)
),
traces AS (
    SELECT *, regexp_replace(agent_runtime, '-[A-Za-z0-9]{10}$', '') AS runtime_name FROM (
        SELECT trace_id, task_id, agent_id, agent_name, shown_name, agent_runtime, session_id, task_key, started_at FROM int_task_traces
        UNION ALL BY NAME
        SELECT t.trace_id, t.task_id, t.agent_id, s.agent_name, s.shown_name, t.agent_runtime, t.session_id, t.task_key, t.started_at
        FROM int_sealed_traces t JOIN int_sealed_tasks s USING (task_id))
),
candidates AS (
    SELECT o.event_id, o.happened_at, t.task_id, t.started_at, 1 AS place
    FROM events o JOIN traces t USING (trace_id)
    WHERE o.agent_id = t.agent_id OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name)
        OR (o.agent_id IS NULL AND o.agent_name IS NULL)
    UNION ALL
    SELECT o.event_id, o.happened_at, t.task_id, t.started_at, 2
    FROM events o JOIN traces t USING (session_id)
    WHERE o.loose AND (o.agent_id IN (t.agent_id, t.agent_runtime)
        OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name, t.runtime_name))
    UNION ALL
    SELECT o.event_id, o.happened_at, t.task_id, t.started_at, 3
    FROM events o JOIN traces t USING (task_key)
    WHERE o.loose AND (o.agent_id = t.agent_id OR o.agent_name IN (t.agent_id, t.agent_name, t.shown_name))
),
nearest AS (FROM candidates QUALIFY place = min(place) OVER (PARTITION BY event_id))
SELECT o.*, m.task_id
FROM stg_outcomes o
LEFT JOIN (
    SELECT event_id, coalesce(
        arg_max(task_id, (started_at, task_id)) FILTER (started_at <= happened_at + INTERVAL 1 SECOND),
        arg_min(task_id, (started_at, task_id))) AS task_id
    FROM nearest GROUP BY event_id
) m USING (event_id)
