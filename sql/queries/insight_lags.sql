-- How long labels take in [$from, $to): per agent and kind of label the hours from a task's start within which 95 of 100 come, and how many.
select l.agent_id, l.kind, quantile_disc(epoch(l.labelled_at - t.started_at) / 3600, 0.95)::double as hours, count(*)::double as n
from labels l join tasks t using (task_id)
where ($agents is null or list_contains($agents, l.agent_id)) and t.day >= $from and t.day < $to and l.labelled_at is not null
group by all
order by all
