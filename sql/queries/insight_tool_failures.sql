-- How the calls of tools failed in [$from, $to): by status and reported error type, of one tool where $tool names it.
select case when error_type is null then tool_name || ': ' || status else tool_name || ': ' || status || ' (' || error_type || ')' end as cause,
       count(*)::double as n, count(*)::double as weight, count(*)::double as weight_sq
from tool_calls
where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to and status <> 'ok'
  and ($tool is null or tool_name = $tool)
  and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
group by all
order by all
