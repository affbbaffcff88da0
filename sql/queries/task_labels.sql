-- Judgements of one task, newest first.
select label_id, event_id, kind, rubric, value, score, label_source, rater, labelled_at, source, reason
from labels
where task_id = $task and agent_id = $agent and ($agents is null or list_contains($agents, agent_id))
order by labelled_at desc nulls last, label_id
