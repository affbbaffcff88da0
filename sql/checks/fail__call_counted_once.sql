-- message: A model call stands more than once in model_calls; its money would count twice. Please report it with the sample.
SELECT call_id, count(*) AS times FROM mart.model_calls GROUP BY call_id HAVING count(*) > 1
