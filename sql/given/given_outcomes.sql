-- Outcome events that the next build looks at again: new ones, those they replace or state again, and those about the given
-- traces. An event that names no trace, or one of which nothing had arrived when the last build ended, may mean any task of its
-- session or key; given_traces holds all of those tasks as soon as it holds one.
WITH loose AS (
    FROM raw.outcomes WHERE trace_id IS NULL
    UNION ALL
    SELECT o.* FROM raw.outcomes o ANTI JOIN mart.spans USING (trace_id) ANTI JOIN sealed.traces USING (trace_id)
    WHERE o.trace_id IS NOT NULL
),
sessions AS (
    SELECT s.session_id FROM raw.spans s SEMI JOIN given_traces USING (trace_id)
        WHERE s.session_id IS NOT NULL AND s.started_at BETWEEN getvariable('given_from') AND getvariable('given_to')
    UNION SELECT s.session_id FROM sealed.traces s SEMI JOIN given_traces USING (trace_id) WHERE s.session_id IS NOT NULL
    UNION SELECT s.session_id FROM raw.span_events s SEMI JOIN given_traces USING (trace_id) WHERE s.session_id IS NOT NULL
),
keys AS (
    SELECT DISTINCT s.task_key FROM raw.spans s SEMI JOIN given_traces USING (trace_id)
        WHERE s.task_key IS NOT NULL AND s.started_at BETWEEN getvariable('given_from') AND getvariable('given_to')
    UNION SELECT s.task_key FROM sealed.traces s SEMI JOIN given_traces USING (trace_id) WHERE s.task_key IS NOT NULL
),
touched AS (SELECT o.* FROM raw.outcomes o SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id),
wanted AS (
    SELECT event_id FROM touched
    UNION SELECT o.event_id FROM raw.outcomes o SEMI JOIN touched USING (record_key)
    UNION SELECT o.event_id FROM raw.outcomes o SEMI JOIN given_traces USING (trace_id)
    UNION SELECT o.event_id FROM loose o SEMI JOIN sessions USING (session_id)
    UNION SELECT o.event_id FROM loose o SEMI JOIN keys USING (task_key)
)
FROM wanted
UNION SELECT o.supersedes FROM raw.outcomes o SEMI JOIN wanted USING (event_id) WHERE o.supersedes IS NOT NULL
