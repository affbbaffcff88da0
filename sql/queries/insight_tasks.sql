-- Daily lists of what only single tasks tell, in [$from, $to): tasks dearer than the 95th percentile of the agent's first $base
-- days (cost_per_task; each kind of task with $enough of them has its own limit), the share of input read from the cache
-- (cache_hit_rate), and calls with a price (price_coverage).
with held as (
    select agent_id, day, task_type, cost_usd::double as cost, cost_state, model_calls, priced_calls,
           uncached_input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as input_tokens,
           cache_read_tokens, min(day) over (partition by agent_id) as first_day
    from tasks
    where mature and ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
),
base as (
    select agent_id, task_type, cost from held where day < first_day + $base and cost_state in ('priced', 'estimated')
),
rest as (
    select agent_id, quantile_disc(cost, 0.95) as dear from base group by agent_id
),
own as (
    select agent_id, task_type, quantile_disc(cost, 0.95) as dear from base
    where task_type is not null group by all having count(*) >= $enough
),
costs as (
    select h.agent_id, h.day, h.task_type, h.cost, rest.dear as rest_dear, coalesce(own.dear, rest.dear) as dear
    from held h join rest using (agent_id) left join own on own.agent_id = h.agent_id and own.task_type = h.task_type
    where h.cost_state in ('priced', 'estimated')
),
measured as (
    select 'cost_per_task' as kpi, agent_id, day, task_type, (cost > dear)::int::double as x, 1::double as n, null::double as squares,
           dear, rest_dear
    from costs
    union all
    select 'cache_hit_rate', agent_id, day, task_type, cache_read_tokens / input_tokens, 1, null, null, null
    from held where input_tokens > 0 and cache_read_tokens is not null
    union all
    select 'price_coverage', agent_id, day, task_type, priced_calls, model_calls, model_calls * model_calls, null, null
    from held where model_calls > 0
),
daily as (
    select kpi, agent_id, day, grouping(task_type) as whole, task_type, sum(x) as s, sum(n) as n, sum(squares) as squares,
           case when grouping(task_type) = 1 then any_value(rest_dear) else any_value(dear) end as dear
    from measured group by grouping sets ((kpi, agent_id, day), (kpi, agent_id, day, task_type))
)
select kpi, agent_id, case when whole = 1 then '' else 'task_type' end as dimension, coalesce(task_type, '') as value,
       list(day order by day) as days, list(s order by day) as s, list(n order by day) as n, list(squares order by day) as squares,
       any_value(dear) as threshold
from daily
where whole = 1 or task_type is not null
group by kpi, agent_id, dimension, value
order by all
