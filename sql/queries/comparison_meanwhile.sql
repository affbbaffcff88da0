-- What else changed for the agents compared, or for something several agents use, within [$from, $to).
SELECT agent_id, changed_at, kind, before_value, after_value, resource FROM changes
WHERE changed_at >= $from::TIMESTAMP AND changed_at < $to::TIMESTAMP
    AND ($agents IS NULL OR agent_id IS NULL OR list_contains($agents, agent_id))
ORDER BY changed_at, kind
