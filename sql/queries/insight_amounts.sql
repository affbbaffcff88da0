-- What adds up over a day (tasks, money) in [$from, $to) for the KPIs in $kpis, one row per KPI × agent, as daily lists.
-- `known` is the share of its cases of which the amount is known: calls with a price. A day without a row is none here.
with daily as (
    select kpi, agent_id, day, sum(numerator) as s, sum(covered)::double / nullif(sum(eligible), 0) as known
    from kpi_daily
    where list_contains($kpis, kpi) and ($agents is null or list_contains($agents, agent_id)) and slice = ''
      and day >= $from and day < $to
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by all
)
select kpi, agent_id, '' as dimension, list(day order by day) as days, list(coalesce(s, 0)::double order by day) as s,
       list(coalesce(known, 1)::double order by day) as known
from daily
group by all
order by all
