-- How many durations of a day lie above the 95th percentile of the agent's first $base days in [$from, $to), for the KPIs in $kpis.
-- Each KPI × agent × slice has its own limit, and within it each kind of task with $enough durations in these days: work that takes
-- long anyway hides no delay, and a shift between kinds is none. `threshold` is the limit of the row; of the whole that of the rest.
with held as (
    select kpi, agent_id, day, task_type, slice, bucket, n, min(day) over (partition by kpi, agent_id) as first_day
    from latency_buckets
    where list_contains($kpis, kpi) and ($agents is null or list_contains($agents, agent_id))
      and day >= $from and day < $to and bucket is not null
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
),
counted as (
    select kpi, agent_id, slice, null as kind, bucket, sum(n) as n from held where day < first_day + $base group by all
    union all
    select kpi, agent_id, slice, task_type, bucket, sum(n) from held where day < first_day + $base and task_type is not null group by all
),
ranked as (
    select *, sum(n) over (partition by kpi, agent_id, slice, kind order by bucket) as upto,
           sum(n) over (partition by kpi, agent_id, slice, kind) as total
    from counted
),
limits as (
    select kpi, agent_id, slice, kind, min(bucket) as bucket from ranked
    where upto >= 0.95 * total and (kind is null or total >= $enough) group by all
),
judged as (
    select h.kpi, h.agent_id, h.day, h.task_type, h.slice, sum(h.n) as n, rest.bucket as rest_bucket,
           coalesce(own.bucket, rest.bucket) as own_bucket, coalesce(sum(h.n) filter (h.bucket > coalesce(own.bucket, rest.bucket)), 0) as s
    from held h
    join limits rest on rest.kpi = h.kpi and rest.agent_id = h.agent_id and rest.slice = h.slice and rest.kind is null
    left join limits own on own.kpi = h.kpi and own.agent_id = h.agent_id and own.slice = h.slice and own.kind = h.task_type
    group by all
),
cut as (
    select kpi, agent_id, day, case when slice = '' then '' else 'slice' end as dimension, slice as value, s, n, rest_bucket as bucket
    from judged
    union all
    select kpi, agent_id, day, 'task_type', task_type, s, n, own_bucket from judged where slice = '' and task_type is not null
),
daily as (
    select kpi, agent_id, dimension, value, day, sum(s) as s, sum(n) as n, any_value(bucket) as bucket from cut group by all
)
select kpi, agent_id, dimension, value, list(day order by day) as days, list(s::double order by day) as s,
       list(n::double order by day) as n, list(null::double order by day) as squares,
       2 * pow(1.01::double / 0.99::double, any_value(bucket)) / (1.01::double / 0.99::double + 1) as threshold
from daily
group by kpi, agent_id, dimension, value
order by all
