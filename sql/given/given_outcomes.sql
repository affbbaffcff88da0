-- Outcome events that the next build looks at again: new ones, those they replace, and those about the given traces.
WITH sessions AS (SELECT DISTINCT s.session_id FROM raw.spans s SEMI JOIN given_traces USING (trace_id) WHERE s.session_id IS NOT NULL),
keys AS (SELECT DISTINCT s.task_key FROM raw.spans s SEMI JOIN given_traces USING (trace_id) WHERE s.task_key IS NOT NULL),
wanted AS (
    SELECT key AS event_id FROM raw.touched WHERE kind = 'outcome'
    UNION SELECT o.event_id FROM raw.outcomes o SEMI JOIN given_traces USING (trace_id)
    UNION SELECT o.event_id FROM raw.outcomes o SEMI JOIN sessions USING (session_id) WHERE o.trace_id IS NULL
    UNION SELECT o.event_id FROM raw.outcomes o SEMI JOIN keys USING (task_key) WHERE o.trace_id IS NULL AND o.session_id IS NULL
)
FROM wanted
UNION SELECT o.supersedes FROM raw.outcomes o SEMI JOIN wanted USING (event_id) WHERE o.supersedes IS NOT NULL
