-- Model calls in [$from, $to) by how well they are priced, and the tokens behind them.
select agent_id, price_state, count(*) as calls,
       sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
           + coalesce(cache_write_1h_tokens, 0) + coalesce(output_tokens, 0))::bigint as tokens,
       sum(cost_usd)::double as cost_usd, string_agg(distinct coalesce(model, model_id_raw), ', ' order by coalesce(model, model_id_raw)) as models
from model_calls
where ($agents is null or list_contains($agents, agent_id)) and day >= $from and day < $to
group by agent_id, price_state
order by agent_id, price_state
