-- The traces that the next build looks at again: those that new rows touch, tasks that were still running, and every trace
-- that shares a figure with one of them, over any number of steps: the attempts of a task that a contract merges by session
-- or key, and the tasks that an event may mean when it names a session or a key and no trace.
WITH RECURSIVE touched_outcomes AS (
    SELECT o.* FROM raw.outcomes o SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id
),
events AS (
    FROM touched_outcomes
    UNION SELECT replaced.* FROM raw.outcomes replaced SEMI JOIN touched_outcomes o ON o.supersedes = replaced.event_id
),
direct AS (
    SELECT key AS trace_id FROM raw.touched WHERE kind = 'trace'
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'request') t ON t.key = s.request_id
    UNION SELECT trace_id FROM mart.tasks WHERE status = 'in_flight'
    UNION SELECT trace_id FROM events WHERE trace_id IS NOT NULL
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT session_id FROM events WHERE trace_id IS NULL) e USING (session_id)
    UNION SELECT s.trace_id FROM raw.spans s
        SEMI JOIN (SELECT task_key FROM events WHERE trace_id IS NULL AND session_id IS NULL) e USING (task_key)
),
-- Where a trace stands now and where it stood in the last build: it may have left a group that must be built without it.
places AS (
    SELECT trace_id, session_id, task_key, agent_runtime AS agent_id FROM raw.spans WHERE session_id IS NOT NULL OR task_key IS NOT NULL
    UNION SELECT trace_id, session_id, task_key, agent_id FROM mart.task_traces
),
links AS (
    SELECT DISTINCT trace_id, 'session ' || session_id AS shared FROM places p
    WHERE session_id IN (SELECT session_id FROM raw.outcomes WHERE trace_id IS NULL AND session_id IS NOT NULL)
        OR (session_id IS NOT NULL AND EXISTS (FROM config.contracts c WHERE c.task = 'session' AND c.agent_id = coalesce(p.agent_id, c.agent_id)))
    UNION
    SELECT DISTINCT trace_id, 'key ' || task_key FROM places p
    WHERE task_key IN (SELECT task_key FROM raw.outcomes WHERE trace_id IS NULL AND session_id IS NULL AND task_key IS NOT NULL)
        OR (task_key IS NOT NULL AND EXISTS (FROM config.contracts c WHERE c.task = 'key' AND c.agent_id = coalesce(p.agent_id, c.agent_id)))
),
reached AS (
    SELECT trace_id FROM direct
    UNION
    SELECT other.trace_id FROM reached JOIN links mine USING (trace_id) JOIN links other USING (shared)
)
SELECT trace_id FROM reached
