-- Spend on model calls in [$from, $to) by model and token kind: tokens times the price of that day.
-- A kind without a price keeps its tokens and has NULL money.
with calls as (
    select * from model_calls
    where ($agents is null or list_contains($agents, agent_id))
      and ($versions is null or list_contains($versions, agent_version))
      and case when $environments is null
               then environment is null or environment not in ('test', 'synthetic', 'replay', 'load')
               else list_contains($environments, environment) end
      and day >= $from and day < $to
), parts as (
    unpivot (select call_id, coalesce(model, model_id_raw, 'unknown') as model, model_scope, service_tier, region, started_at, price_state,
                    uncached_input_tokens as input, cache_read_tokens as cache_read,
                    cache_write_5m_tokens as cache_write_5m, cache_write_1h_tokens as cache_write_1h,
                    output_tokens as output from calls)
    on input, cache_read, cache_write_5m, cache_write_1h, output into name token_kind value tokens
)
select parts.model, parts.token_kind, sum(tokens)::bigint as tokens,
       sum(tokens * coalesce(here.usd_per_mtok, anywhere.usd_per_mtok) / 1000000.0)::double as usd
from parts
left join prices here on here.model = parts.model and here.token_kind = parts.token_kind and here.region = parts.region
      and here.context = 'standard'
      and here.scope = coalesce(parts.model_scope, 'regional') and here.tier = coalesce(parts.service_tier, 'default')
      and parts.started_at::date >= here.valid_from
      and (here.valid_to is null or parts.started_at::date < here.valid_to) and parts.price_state <> 'unpriced'
left join prices anywhere on anywhere.model = parts.model and anywhere.token_kind = parts.token_kind and anywhere.region = ''
      and anywhere.context = 'standard'
      and anywhere.scope = coalesce(parts.model_scope, 'regional') and anywhere.tier = coalesce(parts.service_tier, 'default')
      and parts.started_at::date >= anywhere.valid_from
      and (anywhere.valid_to is null or parts.started_at::date < anywhere.valid_to) and parts.price_state <> 'unpriced'
where tokens > 0
group by parts.model, parts.token_kind
order by parts.model, parts.token_kind
