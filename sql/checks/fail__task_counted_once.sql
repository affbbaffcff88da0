-- message: A task stands more than once in tasks. Please report it with the sample.
SELECT task_id, count(*) AS times FROM mart.tasks GROUP BY task_id HAVING count(*) > 1
