-- When and why one task was handed to people.
select escalation_id, reason, escalated_at, target, source
from escalations
where task_id = $task and agent_id = $agent and ($agents is null or list_contains($agents, agent_id))
order by escalated_at, escalation_id
