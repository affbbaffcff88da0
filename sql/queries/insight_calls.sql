-- Model calls of the tasks that started in [$from, $to): per one of $groups groups of tasks and model, calls and tokens of each kind,
-- and the tokens and money of those that have a price. A row without a model counts the tasks of the group.
with work as (
    select task_id, row_number() over (order by hash(task_id), task_id) % $groups as part
    from tasks
    where mature and ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
      and case when $environments is null
               then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
               else list_contains($environments, environment) end
),
calls as (
    select w.part, c.call_id, coalesce(c.model, c.model_id_raw, 'unknown') as model, c.model_scope, c.service_tier, c.region,
           c.started_at, c.price_state, c.uncached_input_tokens as input, c.cache_read_tokens as cache_read,
           c.cache_write_5m_tokens as cache_write_5m, c.cache_write_1h_tokens as cache_write_1h, c.output_tokens as output
    from model_calls c join work w using (task_id)
),
kinds as (
    unpivot calls on input, cache_read, cache_write_5m, cache_write_1h, output into name token_kind value tokens
),
money as (
    select k.part, k.model, k.token_kind, sum(k.tokens)::double as tokens,
           sum(k.tokens) filter (coalesce(here.usd_per_mtok, anywhere.usd_per_mtok) is not null)::double as priced_tokens,
           sum(k.tokens * coalesce(here.usd_per_mtok, anywhere.usd_per_mtok) / 1000000.0)::double as usd
    from kinds k
    left join prices here on here.model = k.model and here.token_kind = k.token_kind and here.region = k.region
          and here.context = 'standard' and here.scope = coalesce(k.model_scope, 'regional')
          and here.tier = coalesce(k.service_tier, 'default') and k.started_at::date >= here.valid_from
          and (here.valid_to is null or k.started_at::date < here.valid_to) and k.price_state <> 'unpriced'
    left join prices anywhere on anywhere.model = k.model and anywhere.token_kind = k.token_kind and anywhere.region = ''
          and anywhere.context = 'standard' and anywhere.scope = coalesce(k.model_scope, 'regional')
          and anywhere.tier = coalesce(k.service_tier, 'default') and k.started_at::date >= anywhere.valid_from
          and (anywhere.valid_to is null or k.started_at::date < anywhere.valid_to) and k.price_state <> 'unpriced'
    where k.tokens > 0
    group by all
)
select part::int as part, null as model, null as token_kind, count(*)::double as tasks, null::double as model_calls,
       null::double as tokens, null::double as priced_tokens, null::double as usd
from work group by part
union all
select part::int, model, null, null, count(*)::double, null, null, null from calls group by part, model
union all
select part::int, model, token_kind, null, null, tokens, priced_tokens, usd from money
order by all
