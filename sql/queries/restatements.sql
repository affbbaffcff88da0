-- Values of an agent's day in [$from, $to) that were shown and have changed since: the last change of each, the newest first.
select kpi, agent_id, day, slice, reason, old_value, new_value, old_version, new_version, restated_at
from restatements
where ($agents is null or list_contains($agents, agent_id)) and kpi = $kpi and day >= $from and day < $to
qualify row_number() over (partition by agent_id, day, slice order by restated_at desc) = 1
order by restated_at desc, day desc, agent_id
