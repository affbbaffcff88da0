-- One task with everything known about it.
select * from tasks
where task_id = $task and ($agents is null or list_contains($agents, agent_id))
order by agent_id
limit 1
