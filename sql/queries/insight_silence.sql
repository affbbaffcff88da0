-- KPIs in $kpis of which nothing is told any more although there is work in [$from, $to): per KPI × agent the last day of which anything
-- is told, how many of how many cases were told of in the $base days up to it, the most cases and days with work that were dark
-- between two days that were not, and the cases of each day since.
with told as (
    select kpi, agent_id, day, sum(covered) as covered, sum(eligible) as eligible from kpi_daily
    where list_contains($kpis, kpi) and ($agents is null or list_contains($agents, agent_id)) and slice = '' and eligible > 0
      and day >= $from and day < $to and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by all
    union all
    select kpi, agent_id, day, coalesce(sum(n) filter (bucket is not null), 0), sum(n) from latency_buckets
    where list_contains($kpis, kpi) and ($agents is null or list_contains($agents, agent_id)) and slice = ''
      and day >= $from and day < $to and (environment is null or environment not in ('test', 'synthetic', 'replay', 'load'))
    group by all
),
marked as (
    select *, max(day) filter (covered > 0) over agent as last_day, sum(eligible) over days as upto, row_number() over days as place
    from told window agent as (partition by kpi, agent_id), days as (partition by kpi, agent_id order by day)
),
silent as (
    select kpi, agent_id, any_value(last_day) as last_day,
           sum(covered) filter (day <= last_day and day > last_day - $base)::double as covered,
           sum(eligible) filter (day <= last_day and day > last_day - $base)::double as eligible,
           list(day order by day) filter (day > last_day) as days, list(eligible::double order by day) filter (day > last_day) as cases
    from marked where last_day is not null
    group by kpi, agent_id having count(*) filter (day > last_day) > 0
),
lit as (
    select kpi, agent_id, upto - eligible - lag(upto) over days as dark_cases, place - 1 - lag(place) over days as dark_days
    from marked where covered > 0
    window days as (partition by kpi, agent_id order by day)
),
pauses as (
    select kpi, agent_id, coalesce(max(dark_cases), 0)::double as dark_cases, coalesce(max(dark_days), 0)::int as dark_days from lit group by all
)
select * from silent join pauses using (kpi, agent_id)
order by all
