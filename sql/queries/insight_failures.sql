-- What went wrong in the tasks that failed in [$from, $to), the first of: the reason reported, why it was handed over, the first tool
-- call that did not work, the first failed model call. Weight: one over the chance of having been checked. '' = nothing recorded.
with failed as (
    select task_id, coalesce(truth_weight, 1.0)::double as weight, reason, case when escalated then escalation_reason end as handed
    from tasks
    where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
      and ($task_type is null or task_type = $task_type)
      and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
      and case $what when 'escalated' then coalesce(escalated, false) else status = 'failed' or truth_score < 0.5 end
),
tools as (
    select task_id, arg_min(tool_name || ': ' || status, started_at) as cause from tool_calls
    where status <> 'ok' and task_id in (select task_id from failed) group by task_id
),
models as (
    select task_id, arg_min('model: ' || coalesce(error_code, 'failed'), started_at) as cause from model_calls
    where is_error and task_id in (select task_id from failed) group by task_id
),
named as (
    select case when $what = 'escalated' then coalesce(f.handed, '')
                else coalesce(f.reason, t.cause, m.cause, f.handed, '') end as cause, f.weight
    from failed f left join tools t using (task_id) left join models m using (task_id)
)
select cause, count(*)::double as n, sum(weight) as weight, sum(weight * weight) as weight_sq from named group by cause order by all
