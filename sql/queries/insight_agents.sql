-- What an agent's contract says of money, and how much it did in [$from, $to): one row per agent. `first_day` is the first day from $from
-- on that its tasks can tell of: an agent of ten days has not done in them what it does in a month.
with done as (
    select agent_id, count(*) filter (day >= $from) as tasks, sum(cost_usd) filter (day >= $from)::double as usd,
           greatest(min(day), $from::date) as first_day
    from tasks
    where day < $to and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by agent_id
)
select a.agent_id, a.agent_name, a.error_cost_usd, a.hourly_rate_usd, a.baseline_minutes, coalesce(d.tasks, 0) as tasks, d.usd,
       d.first_day, $to::date - d.first_day as days
from agents a left join done d using (agent_id)
where $agents is null or list_contains($agents, a.agent_id)
order by a.agent_id
