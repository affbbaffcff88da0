-- Tasks whose rows the next build replaces.
SELECT DISTINCT task_id FROM mart.task_traces SEMI JOIN given_traces USING (trace_id)
