-- Agents seen but not declared, and agents declared but never seen.
select agent_id, agent_name, declared, discovered, first_seen_at, last_seen_at
from agents
where ($agents is null or list_contains($agents, agent_id)) and agent_id <> 'unattributed'
  and (coalesce(declared, false) <> coalesce(discovered, false))
order by declared, agent_id
