-- Versions with the time each was first and last seen, oldest first.
select agent_id, version, first_seen_at, last_seen_at, source
from agent_versions
where $agents is null or list_contains($agents, agent_id)
order by agent_id, first_seen_at, version
