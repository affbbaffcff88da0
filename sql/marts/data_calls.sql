-- table: data_calls
-- grain: one row per call of a memory, a knowledge base or another store by an agent
-- replaces: trace_id IN (FROM given_traces)
-- column span_id: span of the call
-- column trace_id: W3C trace id
-- column task_id: task it served
-- column agent_id: the agent that asked; 'unattributed' where its trace names none
-- column agent_version: version of the agent
-- column task_type: kind of task
-- column environment: environment of the task
-- column kind: memory, knowledge_base, or retrieval (another store)
-- column action: what was asked, as the span names it: RetrieveMemoryRecords, CreateEvent, Retrieve …
-- column resource_id: id of the memory or knowledge base, where the span says it
-- column day: calendar day of the call in the organisation's time zone
-- column started_at: start, UTC
-- column duration_ms: duration, ms; NULL where not measured
-- column results: how many entries came back; NULL where not known, never 0
-- column is_empty: nothing came back; NULL where not known
-- column status: ok, error, timeout, invalid_args, denied, empty (known to have found nothing)
-- column error_type: error as reported
SELECT c.span_id, c.trace_id, tt.task_id, c.agent_id, version_of(c.agent_id, c.agent_version, t.agent_id, t.agent_version) AS agent_version, t.task_type,
    coalesce(t.environment, c.environment) AS environment, c.kind, c.action, c.resource_id, c.day, c.started_at, c.duration_ms,
    c.results, c.is_empty, c.status, c.error_type
FROM int_data_calls c
LEFT JOIN int_task_traces tt USING (trace_id)
LEFT JOIN int_tasks t ON t.task_id = tt.task_id
