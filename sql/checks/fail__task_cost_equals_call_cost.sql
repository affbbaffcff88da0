-- message: The cost of tasks and the cost of their calls differ; the build is wrong. Please report it with the sample.
SELECT task_id, t.cost_usd, c.cost_usd AS calls_usd
FROM mart.tasks t
JOIN (SELECT task_id, sum(cost_usd) AS cost_usd FROM mart.model_calls WHERE task_id IS NOT NULL GROUP BY task_id) c USING (task_id)
WHERE t.cost_usd IS DISTINCT FROM c.cost_usd::DECIMAL(18,9)
