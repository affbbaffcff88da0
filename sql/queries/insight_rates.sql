-- Daily parts of rates in [$from, $to), one row per KPI × agent × part of its work, with lists over the days that hold any.
-- $forms gives the kind of each of $kpis: a weighted rate gives its effective sample size; judges agree with people on both sides of
-- their table; an answer is too sure by half of (1 + confidence − right); a count is so many of all its cases. A part is the whole
-- (dimension ''), a kind of task, or one of the KPI's own slices where $sliced names the KPI. `squares` are the squared sizes of the
-- clusters, for KPIs whose rows come in clusters.
with asked as (
    select unnest($kpis::varchar[]) as kpi, unnest($forms::varchar[]) as form
),
held as (
    select p.*, a.form, case when a.form = 'calibration' then '' else p.slice end as part,
           case when a.form = 'count' then p.n else p.denominator end as cases
    from kpi_daily p join asked a using (kpi)
    where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to and numerator is not null
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
),
parts as (
    select kpi, agent_id, day, task_type, part as slice,
           sum(case when form in ('weighted_ratio', 'accuracy') then numerator * cases / nullif(denominator_sq, 0)
                    when form = 'agreement' then cases - denominator_sq - cross_sum + 2 * numerator
                    when form = 'calibration' then (cases + cross_sum - numerator) / 2
                    else numerator end) as s,
           sum(case when form in ('weighted_ratio', 'accuracy') then cases * cases / nullif(denominator_sq, 0) else cases end) as n,
           sum(case when form = 'ratio' then denominator_sq end) as squares
    from held where cases > 0
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
select kpi, agent_id, dimension, value, list(day order by day) as days, list(s::double order by day) as s,
       list(n::double order by day) as n, list(squares::double order by day) as squares, null::double as threshold
from daily
group by all
order by all
