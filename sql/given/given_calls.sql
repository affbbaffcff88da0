-- Model calls whose rows the next build replaces.
SELECT call_id FROM mart.model_calls SEMI JOIN given_traces USING (trace_id)
UNION
SELECT call_id FROM mart.model_calls SEMI JOIN given_requests USING (request_id)
