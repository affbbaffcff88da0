-- Our estimate and the bill for each model, over the last 31 days that the bill knows. For those who see every agent:
-- the bill knows no agents.
with billed as (
    select * from reconciliation
    where $agents is null and day > (select max(day) from reconciliation where state <> 'no_bill') - 31
)
select model, sum(calls) as calls, sum(estimated_usd) as estimated_usd, sum(billed_usd) as billed_usd,
       sum(gap_usd) as gap_usd, sum(gap_usd) / nullif(sum(billed_usd) filter (gap_usd is not null), 0) as gap_ratio,
       min(day) as first_day, max(day) as last_day, bool_or(provisional) as provisional,
       list_sort(list(distinct state)) as states
from billed
where state <> 'no_bill'
group by model
order by abs(sum(gap_usd)) desc nulls first, model
