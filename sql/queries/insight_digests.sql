-- A fingerprint for each agent of all that its insights are told from in [$from, $to), and one ('') of what all share: daily parts, tasks
-- and calls of these days, the contract, changes and targets; prices and definitions. Rows of later days leave it as it was.
with found as (
    select agent_id, 'days' as name, sum(hash(p)::hugeint) as digest, count(*) as n from kpi_daily p
    where day >= $from and day < $to group by agent_id
    union all
    select agent_id, 'durations', sum(hash(p)::hugeint), count(*) from latency_buckets p where day >= $from and day < $to group by agent_id
    union all
    select agent_id, 'jobs', sum(hash(p)::hugeint), count(*) from kpi_groups p where day >= $from and day < $to group by agent_id
    union all
    select agent_id, 'tasks', sum(hash(t)::hugeint), count(*) from tasks t where day >= $from and day < $to group by agent_id
    union all
    select agent_id, 'model calls', sum(hash(c)::hugeint), count(*) from model_calls c where day >= $from and day < $to group by agent_id
    union all
    select agent_id, 'tool calls', sum(hash(c)::hugeint), count(*) from tool_calls c where day >= $from and day < $to group by agent_id
    union all
    select coalesce(agent_id, ''), 'changes', sum(hash(c)::hugeint), count(*) from changes c
    where changed_at >= $from::date - 1 and changed_at::date < $to group by all
    union all
    select agent_id, 'targets', sum(hash(t)::hugeint), count(*) from targets t where valid_from < $to group by agent_id
    union all
    select agent_id, 'contract', sum(hash(agent_name, error_cost_usd, hourly_rate_usd, baseline_minutes)::hugeint), count(*)
    from agents group by agent_id
    union all
    select '', 'prices', sum(hash(model, token_kind, region, scope, tier, context, valid_from, valid_to, usd_per_mtok)::hugeint), count(*)
    from prices
    union all
    select '', 'definitions', sum(hash(kpi, definition)::hugeint), count(*) from kpi_catalogue
)
select agent_id, md5(string_agg(name || ' ' || n || ' ' || digest, ', ' order by name)) as digest from found
where $agents is null or agent_id = '' or list_contains($agents, agent_id)
group by agent_id
order by agent_id
