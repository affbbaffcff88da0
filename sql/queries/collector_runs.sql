-- The latest run of every source and place.
with latest as (
    select * from collector_runs
    qualify row_number() over (partition by source, account_id, region, scope order by started_at desc, run_id desc) = 1
)
-- A pass that ended before it knew its places (an expired session, nothing set up yet) has no place of its own: a later
-- pass of the same source in the same region, or in none (files), that got further takes its part.
select * from latest
where not (status <> 'ok' and scope = '' and exists (
    select 1 from latest as later
    where later.source = latest.source and later.region in (latest.region, '') and later.scope <> ''
      and later.started_at > latest.started_at and later.run_id <> latest.run_id
      and (later.account_id in (latest.account_id, '') or latest.account_id in ('', 'unknown'))
))
order by source, account_id, region, scope
