-- Targets valid on any day of [$from, $to).
select agent_id, kpi, target, limit_kind, valid_from, valid_to
from targets
where ($agents is null or list_contains($agents, agent_id))
  and valid_from < $to and (valid_to is null or valid_to > $from)
order by agent_id, kpi, valid_from
