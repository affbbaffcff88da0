-- Each judge's health: how many of its results were scores, in the last 28 days that have any.
with recent as (
    select * from judge_results
    where ($agents is null or list_contains($agents, agent_id)) and day > (select max(day) from judge_results) - 28
)
select evaluator, level, channel, config, count(*) as results, count(*) filter (status = 'scored') as scored,
       count(*) filter (status = 'scored') / count(*) as health,
       count(*) filter (status = 'throttled') as throttled, mode(error_type) as usual_error, max(judged_at) as last_at
from recent
group by evaluator, level, channel, config
order by scored / count(*), evaluator
