-- message: These agents have finished tasks whose root carries no duration; their time figures leave those tasks out.
SELECT agent_id, count(*) AS tasks FROM mart.tasks WHERE ended_at IS NOT NULL AND duration_ms IS NULL GROUP BY agent_id ORDER BY tasks DESC
