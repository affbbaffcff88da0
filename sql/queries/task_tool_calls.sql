-- One task's tool calls, in the order they happened.
select * from tool_calls
where task_id = $task and agent_id = $agent and ($agents is null or list_contains($agents, agent_id))
order by started_at, span_id
