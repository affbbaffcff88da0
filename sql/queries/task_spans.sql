-- One task's spans, in the order they began.
select span_id, parent_span_id, trace_id, name, operation, kind, dialect, started_at, duration_ms, status, error_type
from spans
where trace_id = $trace and (task_id = $task or task_id is null)
  and ($agents is null or list_contains($agents, agent_id))
order by started_at, duration_ms desc nulls last, span_id
