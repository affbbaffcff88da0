-- One task's model calls, in the order they happened.
select * from model_calls
where task_id = $task and agent_id = $agent and ($agents is null or list_contains($agents, agent_id))
order by started_at, call_id
