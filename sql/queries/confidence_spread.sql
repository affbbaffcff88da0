-- How sure the agents were of the finished tasks of [$from, $to), by hundredths of stated confidence; step NULL = they did not say.
-- checked and right count answers as the accuracy KPI does: of their own, with a truth.
select case when confidence is not null then least(99, floor(confidence * 100))::integer end as step,
       count(*) as tasks,
       count(*) filter (escalated) as handed_over,
       count(*) filter (checked) as checked,
       coalesce(sum(truth_score) filter (checked), 0)::double as right_answers,
       count(*) filter (checked and truth_weight > 1) as drawn
from (
    select *, truth_score is not null and truth_weight > 0 and escalated is not true as checked
    from tasks
    where ($agents is null or list_contains($agents, agent_id))
      and ($versions is null or list_contains($versions, agent_version))
      and case when $environments is null
               then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
               else list_contains($environments, environment) end
      and day >= $from and day < $to
      and mature
)
group by step
order by step nulls first
