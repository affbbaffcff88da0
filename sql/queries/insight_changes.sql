-- What changed in [$from, $to): the release ledger, another model in the answers than in the week before, prices and targets.
-- agent_id NULL: something that several agents may use.
with answered as (
    select distinct agent_id, coalesce(model, model_id_raw) as model, day from model_calls where agent_id <> 'unattributed'
),
gaps as (
    select *, day - lag(day) over (partition by agent_id, model order by day) as quiet,
           min(day) over (partition by agent_id) as first_day
    from answered where model is not null
),
models as (
    select g.agent_id, g.day, g.model as after_value,
           (select string_agg(distinct a.model, ', ' order by a.model) from answered a
            where a.agent_id = g.agent_id and a.day between g.day - 7 and g.day - 1) as before_value
    from gaps g where (g.quiet is null or g.quiet > 7) and g.day > g.first_day
),
prices_of as (
    select distinct a.agent_id, p.valid_from as day, a.model
    from answered a join prices p on p.model = a.model and p.valid_from >= $from and p.valid_from < $to and p.context = 'standard'
),
found as (
    select change_id, agent_id, changed_at, null::date as day, kind, before_value, after_value, resource, source from changes
    union all
    select agent_id || '@model@' || after_value || '@' || day, agent_id, null, day, 'model', before_value, after_value,
           'the model that answered', 'telemetry'
    from models m where before_value is not null and before_value <> after_value
        and not exists (from changes c where c.agent_id = m.agent_id and c.kind = 'model' and c.after_value = m.after_value
            and c.changed_at::date between m.day - 1 and m.day + 1)
    union all
    select agent_id || '@price@' || model || '@' || day, agent_id, null, day, 'price', null, null, 'price of ' || model, 'price book'
    from prices_of
    union all
    select agent_id || '@target@' || kpi || '@' || valid_from, agent_id, null, valid_from, 'target', null, target::varchar,
           'target of ' || kpi, 'settings'
    from targets
)
select * from found
where ($agents is null or agent_id is null or list_contains($agents, agent_id))
  and coalesce(changed_at::date, day) >= $from::date - 1 and coalesce(changed_at::date, day) < $to
order by coalesce(changed_at, day), change_id
