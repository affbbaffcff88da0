-- How long tasks took: log buckets of 1 % width (value 2 * 1.0202^i / 2.0202 ms) summed into wider, even steps.
select (floor(bucket / 12.0) * 12)::integer as step, sum(n)::bigint as tasks
from latency_buckets
where ($agents is null or list_contains($agents, agent_id))
  and ($versions is null or list_contains($versions, agent_version))
  and case when $environments is null
           then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
           else list_contains($environments, environment) end
  and day >= $from and day < $to
  and kpi = 'task_latency' and coalesce(slice, '') = ''
group by step
order by step
