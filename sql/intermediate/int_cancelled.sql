-- grain: one row per given task that was cancelled
-- A task whose last attempt is an execution that was aborted and not taken up again. Only what is certain: the trace is the one
-- of the execution's own trace header, and its root is that very execution (the same state machine, begun in the same second).
WITH last_attempts AS (
    SELECT task_id, trace_id, root_span_id
    FROM int_task_traces
    QUALIFY row_number() OVER (PARTITION BY task_id ORDER BY started_at DESC, trace_id DESC) = 1
)
SELECT DISTINCT a.task_id
FROM last_attempts a
JOIN stg_spans root ON root.trace_id = a.trace_id AND root.span_id = a.root_span_id
JOIN raw.execution_traces x ON x.trace_id = a.trace_id AND x.state_machine_arn = root.resource_arn
    AND x.started_at BETWEEN root.started_at - INTERVAL 1 SECOND AND root.started_at + INTERVAL 1 SECOND
WHERE split_part(x.progress, '|', 3) = 'ABORTED'
UNION
SELECT s.task_id FROM int_sealed_tasks s ANTI JOIN int_task_traces USING (task_id) WHERE s.cancelled
