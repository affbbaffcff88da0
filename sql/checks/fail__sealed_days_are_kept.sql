-- message: The parts of a sealed day do not hold the tasks that it was sealed with. Restore a backup, and report it with the sample.
WITH parts AS (SELECT day, sum(numerator) AS tasks FROM sealed.kpi_daily WHERE kpi = 'task_volume' AND slice = '' GROUP BY day)
SELECT d.day, d.tasks AS sealed_tasks, p.tasks FROM sealed.days d LEFT JOIN parts p USING (day)
WHERE coalesce(p.tasks, 0) <> d.tasks
