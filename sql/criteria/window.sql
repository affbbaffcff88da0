-- What every criterion reads under these names: the finished, real work of the window. Its own SELECT stands in `found`.
WITH tasks AS (
    SELECT * FROM main.tasks
    WHERE mature AND day >= $from AND day < $to AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
model_calls AS (
    SELECT * FROM main.model_calls
    WHERE day >= $from AND day < $to AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
tool_calls AS (
    SELECT * FROM main.tool_calls
    WHERE day >= $from AND day < $to AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
data_calls AS (
    SELECT * FROM main.data_calls
    WHERE day >= $from AND day < $to AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
kpi_daily AS (
    SELECT * FROM main.kpi_daily
    WHERE day >= $from AND day < $to AND (environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))
),
labels AS (SELECT * FROM main.labels SEMI JOIN tasks USING (task_id)),
escalations AS (SELECT * FROM main.escalations SEMI JOIN tasks USING (task_id)),
handovers AS (
    SELECT * FROM main.handovers WHERE day >= $from AND day < $to AND (task_id IS NULL OR task_id IN (SELECT task_id FROM tasks))
),
found AS (
:criterion
)
SELECT * FROM found
WHERE agent_id IS NOT NULL AND agent_id <> 'unattributed' AND ($agents::VARCHAR[] IS NULL OR list_contains($agents::VARCHAR[], agent_id))
ORDER BY ALL
