-- How the work of a day is shared out over kinds of task and over models, in [$from, $to), as daily lists: s of n in the bin.
with bins as (
    select agent_id, day, split_part(slice, '=', 1) as dimension, substr(slice, strpos(slice, '=') + 1) as value, sum(n) as s
    from kpi_daily
    where kpi = 'drift' and ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
      and (starts_with(slice, 'task_type=') or starts_with(slice, 'model='))
    group by all
),
totals as (
    select agent_id, day, dimension, sum(s) as n from bins group by all
),
names as (
    select distinct agent_id, dimension, value from bins
)
select 'drift' as kpi, t.agent_id, t.dimension, v.value, list(t.day order by t.day) as days,
       list(coalesce(b.s, 0)::double order by t.day) as s, list(t.n::double order by t.day) as n,
       list(null::double order by t.day) as squares, null::double as threshold
from totals t join names v using (agent_id, dimension) left join bins b using (agent_id, day, dimension, value)
group by all
order by all
