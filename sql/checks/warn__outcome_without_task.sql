-- message: These outcomes and judgements name no task that was seen. Check trace_id, session.id or task.id and the agent of the events.
SELECT event_id, source, labelled_at FROM mart.labels WHERE task_id IS NULL
