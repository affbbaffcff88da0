-- grain: one row per model call with a guardrail's word on it
-- `guardrail_intervened` alone does not tell blocked from masked; the trace does, where the caller switched it on.
WITH policies AS (
    SELECT call_id, max(CASE action WHEN 'blocked' THEN 3 WHEN 'masked' THEN 2 WHEN 'detected' THEN 1 ELSE 0 END) AS severity
    FROM int_guardrail_policies GROUP BY call_id
)
SELECT c.call_id,
    CASE
        WHEN p.severity > 0 THEN ['none', 'detected', 'masked', 'blocked'][p.severity + 1]
        WHEN c.stop_reason = 'guardrail_intervened' OR c.stated_guardrail_action = 'intervened' THEN 'intervened'
        ELSE 'none'
    END AS action
FROM int_calls c LEFT JOIN policies p USING (call_id)
WHERE p.call_id IS NOT NULL OR c.stop_reason = 'guardrail_intervened' OR c.stated_guardrail_action IS NOT NULL
