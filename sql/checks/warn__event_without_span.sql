-- message: Event records of split delivery whose span never came within an hour: the spans of their log group are not read, or not delivered.
SELECT e.trace_id, e.span_id FROM raw.span_events e ANTI JOIN raw.spans s USING (trace_id, span_id)
WHERE e."at" < (SELECT max("at") - INTERVAL 1 HOUR FROM raw.span_events)
