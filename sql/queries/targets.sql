-- Targets in force on the last day of [$from, $to): a past period is judged by the target of that time.
select agent_id, kpi, target, limit_kind, valid_from, valid_to
from targets
where ($agents is null or list_contains($agents, agent_id))
  and valid_from < $to and (valid_to is null or valid_to >= $to) and $from < $to
order by agent_id, kpi, valid_from
