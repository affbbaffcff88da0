-- label: Hand-over works
-- question: Does somebody take over in time, with a reason, and is it checked whether it was needed?
-- pillar: 3
-- star: no
-- part: pickup | census | >= 0.95 | hand-overs were taken by a person within a day | Send `escalation.picked_up_at` when a person takes a hand-over, or wait for people in Step Functions.
-- part: reason | census | >= 0.98 | hand-overs give their reason | Send `escalation.reason` with every hand-over.
-- part: audit | count | >= 50 | hand-overs were reviewed for whether they were needed | Judge hand-overs with the rubric `escalation.needed` (score 1 or 0).
-- do_next: Give the queue an owner and a time to answer; send the reason; review fifty hand-overs.
-- version: 2
-- Fifty reviews are asked for, or all hand-overs where there are fewer, but never under ten.
-- Where nothing says when a person took it, the first judgement by a person after it is the latest it can be. One that nobody has
-- taken is late once a day has passed, and open before.
WITH judged AS (
    SELECT h.handover_id, min(l.labelled_at) AS at FROM handovers h
    JOIN labels l ON l.task_id = h.task_id AND l.kind = 'human' AND l.labelled_at >= h.handed_over_at GROUP BY ALL
),
met AS (
    SELECT h.agent_id, CASE
        WHEN NOT h.followed THEN j.at <= h.handed_over_at + INTERVAL 1 DAY
        WHEN h.dropped_at IS NOT NULL OR coalesce(h.picked_up_at, $to) > h.handed_over_at + INTERVAL 1 DAY THEN false
        WHEN h.picked_up_at IS NOT NULL THEN true END AS in_time
    FROM handovers h LEFT JOIN judged j USING (handover_id)
)
SELECT agent_id, 'pickup' AS part, CASE WHEN count(in_time) > 0 THEN count(*) FILTER (in_time) END AS yes,
    count(*) FILTER (NOT in_time) AS no, count(*) AS n, NULL AS target
FROM met GROUP BY agent_id
UNION ALL BY NAME
SELECT agent_id, 'reason' AS part, nullif(count(reason), 0) AS yes, NULL AS no, count(*) AS n FROM escalations GROUP BY agent_id
UNION ALL BY NAME
SELECT e.agent_id, 'audit' AS part, nullif(count(DISTINCT l.task_id), 0) AS yes, NULL AS no, count(DISTINCT l.task_id) AS n,
    greatest(10, least(50, count(DISTINCT e.task_id))) AS target
FROM escalations e LEFT JOIN labels l ON l.task_id = e.task_id AND l.rubric = 'escalation.needed'
GROUP BY e.agent_id
