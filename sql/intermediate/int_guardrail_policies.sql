-- grain: one row per model call × side × policy that a guardrail assessed
-- `any` stands for a side that was assessed without naming a policy; it gives way where a policy is named.
WITH listed AS (
    SELECT call_id, unnest(from_json(guardrail, '[{"source":"VARCHAR","policy":"VARCHAR","found":"BOOLEAN","action":"VARCHAR"}]')) AS p
    FROM int_calls WHERE guardrail IS NOT NULL
),
ranked AS (
    SELECT call_id, p.source, p.policy,
        max(CASE p.action WHEN 'blocked' THEN 3 WHEN 'masked' THEN 2 WHEN 'detected' THEN 1 ELSE 0 END) AS severity
    FROM listed WHERE p.found GROUP BY ALL
)
SELECT call_id, source, CASE policy WHEN 'any' THEN 'unknown' ELSE policy END AS policy,
    ['none', 'detected', 'masked', 'blocked'][severity + 1] AS action
FROM ranked
WHERE policy <> 'any' OR NOT EXISTS (
    SELECT 1 FROM ranked named WHERE named.call_id = ranked.call_id AND named.source = ranked.source AND named.policy <> 'any')
