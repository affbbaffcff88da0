-- Daily parts of rates in [$from, $to), one row per KPI × agent × part of its work, with lists over the days that hold any.
-- A part is the whole (dimension ''), a kind of task, or one of the KPI's own slices where $sliced names the KPI. A weighted rate
-- gives its effective sample size. `squares` are the squared sizes of the clusters, for KPIs whose rows come in clusters.
with parts as (
    select kpi, agent_id, day, task_type, slice,
           sum(case when list_contains($weighted, kpi) then numerator * denominator / nullif(denominator_sq, 0) else numerator end) as s,
           sum(case when list_contains($weighted, kpi) then denominator * denominator / nullif(denominator_sq, 0) else denominator end) as n,
           sum(case when not list_contains($weighted, kpi) then denominator_sq end) as squares
    from kpi_daily
    where list_contains($kpis, kpi) and ($agents is null or list_contains($agents, agent_id))
      and day >= $from and day < $to and denominator > 0 and numerator is not null
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by all
),
cut as (
    select kpi, agent_id, day, '' as dimension, '' as value, s, n, squares from parts where slice = ''
    union all
    select kpi, agent_id, day, 'task_type', task_type, s, n, squares from parts where slice = '' and task_type is not null
    union all
    select kpi, agent_id, day, 'slice', slice, s, n, squares from parts where slice <> '' and list_contains($sliced, kpi)
),
daily as (
    select kpi, agent_id, dimension, value, day, sum(s) as s, sum(n) as n, sum(squares) as squares from cut group by all
)
select kpi, agent_id, dimension, value, list(day order by day) as days, list(s order by day) as s, list(n order by day) as n,
       list(squares order by day) as squares, null::double as threshold
from daily
group by all
order by all
