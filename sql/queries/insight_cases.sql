-- The cases of one KPI in [$from, $to) by day and by what is known of a task before it starts: x of n, x as the KPI counts it.
-- A duration or cost is "more than its limit": that of its kind of task in $limits (beside $kinds), else $threshold.
with held as (
    select day, task_type, environment, segment,
           case $kpi
               when 'success_rate' then case when status_source not in ('escalation', 'lifecycle') and status is not null
                   then (status = 'success')::int end
               when 'accuracy' then case when escalated is not true and mature and truth_weight > 0 then truth_score end
               when 'escalation_rate' then case when status <> 'in_flight' or escalated is not null
                   then coalesce(escalated, false)::int end
               when 'task_latency' then case when mature then (duration_ms > coalesce(list_extract($limits::double[], list_position($kinds::varchar[], task_type)), $threshold))::int end
               when 'cost_per_task' then case when mature and cost_state in ('priced', 'estimated') 
                   then (cost_usd > coalesce(list_extract($limits::double[], list_position($kinds::varchar[], task_type)), $threshold))::int end
           end::double as x
    from tasks
    where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
)
select day, task_type, environment, map_entries(segment) as segment, sum(x) as s, count(*)::double as n
from held where x is not null
group by all
order by all
