-- Who worked in these agents' tasks of [$from, $to), or in one task: exclusive parts, tasks of several agents only.
select acting_agent_id, acting_agent_name, bool_or(is_root) as is_root, count(distinct task_id) as tasks,
       sum(model_calls) as model_calls, sum(priced_calls) as priced_calls,
       case when sum(model_calls) = 0 or sum(priced_calls) > 0 then sum(cost_usd) end as cost_usd,
       sum(tool_calls) as tool_calls, sum(tool_errors) as tool_errors,
       case when count(exclusive_ms) = count(*) then sum(exclusive_ms) end as exclusive_ms
from task_agents
where ($agents is null or list_contains($agents, agent_id))
  and ($task is null or task_id = $task)
  and ($versions is null or list_contains($versions, agent_version))
  and case when $environments is null
           then $task is not null or environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
           else list_contains($environments, environment) end
  and ($task is not null or (day >= $from and day < $to))
group by acting_agent_id, acting_agent_name
order by is_root desc, cost_usd desc nulls last, acting_agent_name, acting_agent_id
