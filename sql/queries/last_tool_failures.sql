-- When each tool of these agents last failed in [$from, $to).
select tool_name, max(started_at) as failed_at
from tool_calls
where ($agents is null or list_contains($agents, agent_id))
  and ($versions is null or list_contains($versions, agent_version))
  and case when $environments is null
           then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
           else list_contains($environments, environment) end
  and day >= $from and day < $to
  and status in ('error', 'timeout', 'invalid_args', 'denied')
group by tool_name
order by tool_name
