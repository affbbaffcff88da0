-- The traces that the next build looks at again: those that new rows touch, those that share a call, an event, a session
-- or a business key with them in a way that moves figures, and tasks that were still running.
WITH direct AS (
    SELECT key AS trace_id FROM raw.touched WHERE kind = 'trace'
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'request') t ON t.key = s.request_id
    UNION SELECT trace_id FROM mart.tasks WHERE status = 'in_flight'
),
events AS (
    SELECT o.* FROM raw.outcomes o SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id
    UNION
    SELECT replaced.* FROM raw.outcomes replaced
    JOIN raw.outcomes o ON o.supersedes = replaced.event_id
    SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id
),
spoken_of AS (
    FROM direct
    UNION SELECT trace_id FROM events WHERE trace_id IS NOT NULL
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT session_id FROM events WHERE trace_id IS NULL) e USING (session_id)
    UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN (SELECT task_key FROM events WHERE trace_id IS NULL AND session_id IS NULL) e USING (task_key)
),
-- A session or key is only looked at as a whole where an event names it without a trace, or a contract merges by it.
shared_sessions AS (
    SELECT DISTINCT session_id FROM raw.outcomes WHERE trace_id IS NULL AND session_id IS NOT NULL
    UNION SELECT s.session_id FROM raw.spans s SEMI JOIN spoken_of USING (trace_id)
        WHERE s.session_id IS NOT NULL AND EXISTS (FROM config.contracts WHERE task = 'session')
),
shared_keys AS (
    SELECT DISTINCT task_key FROM raw.outcomes WHERE trace_id IS NULL AND session_id IS NULL AND task_key IS NOT NULL
    UNION SELECT s.task_key FROM raw.spans s SEMI JOIN spoken_of USING (trace_id)
        WHERE s.task_key IS NOT NULL AND EXISTS (FROM config.contracts WHERE task = 'key')
),
touched_sessions AS (
    SELECT DISTINCT s.session_id FROM raw.spans s SEMI JOIN spoken_of USING (trace_id) SEMI JOIN shared_sessions USING (session_id)
    UNION SELECT t.session_id FROM mart.task_traces t SEMI JOIN spoken_of USING (trace_id) SEMI JOIN shared_sessions USING (session_id)
),
touched_keys AS (
    SELECT DISTINCT s.task_key FROM raw.spans s SEMI JOIN spoken_of USING (trace_id) SEMI JOIN shared_keys USING (task_key)
    UNION SELECT t.task_key FROM mart.task_traces t SEMI JOIN spoken_of USING (trace_id) SEMI JOIN shared_keys USING (task_key)
)
FROM spoken_of
UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN touched_sessions USING (session_id)
UNION SELECT s.trace_id FROM raw.spans s SEMI JOIN touched_keys USING (task_key)
