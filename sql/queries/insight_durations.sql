-- How many durations of a day lie above the 95th percentile of the agent's first $base days in [$from, $to), as daily lists.
-- Each KPI × agent × slice has its own limit; kinds of task are held to that of the whole.
with held as (
    select kpi, agent_id, day, task_type, slice, bucket, n, min(day) over (partition by kpi, agent_id) as first_day
    from latency_buckets
    where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to and bucket is not null
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
),
counted as (
    select kpi, agent_id, slice, bucket, sum(n) as n from held where day < first_day + $base group by all
),
ranked as (
    select *, sum(n) over (partition by kpi, agent_id, slice order by bucket) as upto,
           sum(n) over (partition by kpi, agent_id, slice) as total
    from counted
),
limits as (
    select kpi, agent_id, slice, min(bucket) as bucket from ranked where upto >= 0.95 * total group by all
),
cut as (
    select kpi, agent_id, day, case when slice = '' then '' else 'slice' end as dimension, slice as value, slice, bucket, n from held
    union all
    select kpi, agent_id, day, 'task_type', task_type, slice, bucket, n from held where slice = '' and task_type is not null
),
daily as (
    select c.kpi, c.agent_id, c.dimension, c.value, c.day, coalesce(sum(c.n) filter (c.bucket > l.bucket), 0) as s,
           sum(c.n) as n, any_value(l.bucket) as bucket
    from cut c join limits l using (kpi, agent_id, slice)
    group by all
)
select kpi, agent_id, dimension, value, list(day order by day) as days, list(s::double order by day) as s,
       list(n::double order by day) as n, list(null::double order by day) as squares,
       2 * pow(1.01::double / 0.99::double, any_value(bucket)) / (1.01::double / 0.99::double + 1) as threshold
from daily
group by kpi, agent_id, dimension, value
order by all
