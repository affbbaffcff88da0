-- message: What the agents of a task spent does not add up to the task. Please report it with the sample.
SELECT w.task_id, sum(w.cost_usd) FILTER (w.model_calls > 0) AS agents_usd, any_value(t.cost_usd) AS task_usd,
    sum(w.model_calls) AS agents_calls, any_value(t.model_calls) AS task_calls
FROM mart.task_agents w JOIN mart.tasks t USING (task_id)
GROUP BY w.task_id
HAVING sum(w.cost_usd) FILTER (w.model_calls > 0) IS DISTINCT FROM any_value(t.cost_usd)
    OR sum(w.model_calls) <> coalesce(any_value(t.model_calls), 0)
