-- Invocation records that the next build looks at again: new ones, and those of the given traces.
SELECT key AS request_id FROM raw.touched WHERE kind = 'request'
UNION
SELECT s.request_id FROM raw.spans s SEMI JOIN given_traces USING (trace_id) WHERE s.request_id IS NOT NULL
