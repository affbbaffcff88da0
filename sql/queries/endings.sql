-- How the tasks that started in [$from, $to) ended, per agent: every task in exactly one column.
-- A task handed to people counts there whatever became of it afterwards; "assumed" is good without a verdict.
select agent_id,
       count(*) as tasks,
       count(*) filter (ending = 'confirmed') as confirmed,
       count(*) filter (ending = 'assumed') as assumed,
       count(*) filter (ending = 'running') as running,
       count(*) filter (ending = 'escalated') as escalated,
       count(*) filter (ending = 'failed') as failed,
       count(*) filter (ending = 'abandoned') as abandoned,
       count(*) filter (ending = 'unknown') as unknown
from (
    select agent_id,
           case when escalated or status = 'escalated' then 'escalated'
                when status = 'success' and status_source <> 'root_status' then 'confirmed'
                when status = 'success' then 'assumed'
                when status = 'failed' then 'failed'
                when status in ('abandoned', 'cancelled') then 'abandoned'
                when status = 'in_flight' then 'running'
                else 'unknown' end as ending
    from tasks
    where ($agents is null or list_contains($agents, agent_id))
  and ($versions is null or list_contains($versions, agent_version))
  and case when $environments is null
           then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
           else list_contains($environments, environment) end
  and day >= $from and day < $to
)
group by agent_id
order by agent_id
