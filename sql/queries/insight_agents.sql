-- What an agent's contract says of money, and how much it did in [$from, $to): one row per agent.
with done as (
    select agent_id, count(*) as tasks, sum(cost_usd)::double as usd from tasks
    where day >= $from and day < $to and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by agent_id
)
select a.agent_id, a.agent_name, a.error_cost_usd, a.hourly_rate_usd, a.baseline_minutes, coalesce(d.tasks, 0) as tasks, d.usd
from agents a left join done d using (agent_id)
where $agents is null or list_contains($agents, a.agent_id)
order by a.agent_id
