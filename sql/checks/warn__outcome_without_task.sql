-- message: These outcome events name no task that was seen. Check trace_id, session.id or task.id and gen_ai.agent.name of the events.
SELECT event_id, source, labelled_at FROM mart.labels WHERE task_id IS NULL
