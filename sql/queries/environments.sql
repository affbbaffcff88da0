-- Environments that tasks ran in, with the number of tasks.
select environment, count(*) as tasks
from tasks
where ($agents is null or list_contains($agents, agent_id)) and environment is not null
group by environment
order by tasks desc, environment
