-- message: The daily parts of task_volume do not add up to the tasks. Please report it with the sample.
WITH parts AS (SELECT agent_id, day, sum(numerator) AS n FROM mart.kpi_daily WHERE kpi = 'task_volume' AND slice = '' GROUP BY ALL),
rows AS (SELECT agent_id, day, count(*) AS n FROM mart.tasks
    WHERE started_at >= coalesce((SELECT max(before_at) FROM sealed.days), '0001-01-01'::TIMESTAMP) GROUP BY ALL)
SELECT agent_id, day, parts.n AS parts_n, rows.n AS rows_n FROM parts FULL JOIN rows USING (agent_id, day)
WHERE parts.n IS DISTINCT FROM rows.n
