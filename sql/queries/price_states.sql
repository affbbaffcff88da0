-- Model calls in [$from, $to) by how well they are priced; calls that report no token counts stand apart.
with calls as (
    select agent_id, price_state, token_source is not null as has_tokens, coalesce(is_error, false) as failed, cost_usd,
           coalesce(model, model_id_raw, 'unknown') as model,
           coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
           + coalesce(cache_write_1h_tokens, 0) + coalesce(output_tokens, 0) as tokens
    from model_calls
    where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
)
select agent_id, price_state, count(*) as calls, count_if(has_tokens) as with_tokens,
       -- A call that failed used nothing: it misses no tokens.
       count_if(not has_tokens and not failed) as without_tokens, sum(tokens)::bigint as tokens, sum(cost_usd)::double as cost_usd,
       list(distinct model order by model) filter (where has_tokens) as models
from calls
group by agent_id, price_state
order by agent_id, price_state
