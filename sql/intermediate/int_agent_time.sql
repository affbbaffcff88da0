-- grain: one row per agent start of the traces in which several agents work
-- Each moment of the task goes to the innermost agent at work; agents side by side share it. So the parts add up to the root's
-- own duration. NULL where a duration is not measured.
WITH spells AS (
    SELECT s.trace_id, s.span_id, s.began_at, s.ended_at, above.start_span_id AS above_span_id FROM int_agent_starts s
    LEFT JOIN int_acting_agents above ON above.what = 'start' AND above.trace_id = s.trace_id AND above.span_id = s.span_id
    WHERE s.ended_at > s.began_at
),
moments AS (
    SELECT trace_id, began_at AS moment FROM spells UNION SELECT trace_id, ended_at FROM spells
),
pieces AS (
    SELECT trace_id, moment, lead(moment) OVER (PARTITION BY trace_id ORDER BY moment) AS until FROM moments
),
active AS (
    SELECT p.trace_id, p.moment, p.until, s.span_id, s.above_span_id FROM pieces p
    JOIN spells s ON s.trace_id = p.trace_id AND s.began_at <= p.moment AND s.ended_at >= p.until
),
innermost AS (
    SELECT a.*, count(*) OVER (PARTITION BY a.trace_id, a.moment) AS sharing FROM active a
    ANTI JOIN active inner_one ON inner_one.trace_id = a.trace_id AND inner_one.moment = a.moment AND inner_one.above_span_id = a.span_id
)
SELECT s.trace_id, s.span_id,
    CASE WHEN bool_and(s.ended_at IS NOT NULL) OVER (PARTITION BY s.trace_id) THEN coalesce(t.exclusive_ms, 0) END AS exclusive_ms
FROM int_agent_starts s
LEFT JOIN (
    SELECT trace_id, span_id, sum(date_diff('microsecond', moment, until) / 1000.0 / sharing) AS exclusive_ms FROM innermost GROUP BY ALL
) t USING (trace_id, span_id)
