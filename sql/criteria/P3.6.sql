-- label: Hand-over works
-- question: Does somebody take over in time, with a reason, and is it checked whether it was needed?
-- pillar: 3
-- star: no
-- part: pickup | census | >= 0.95 | hand-overs were answered by a person within a day | Send a judgement by a person once a hand-over is answered, or wait for people in Step Functions.
-- part: reason | census | >= 0.98 | hand-overs give their reason | Send `escalation.reason` with every hand-over.
-- part: audit | count | >= 50 | hand-overs were reviewed for whether they were needed | Judge hand-overs with the rubric `escalation.needed` (score 1 or 0).
-- do_next: Give the queue an owner and a time to answer; send the reason; review fifty hand-overs.
-- version: 1
-- Fifty reviews are asked for, or all hand-overs where there are fewer, but never under ten.
-- When a person took over, no record says; the first judgement by a person after it, or the end of a wait for people, is the latest it can be.
WITH met AS (
    SELECT e.agent_id, e.task_id, min(l.labelled_at) <= any_value(e.escalated_at) + INTERVAL 1 DAY AS in_time
    FROM escalations e LEFT JOIN labels l ON l.task_id = e.task_id AND l.kind = 'human' AND l.labelled_at >= e.escalated_at
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT agent_id, wait_id AS task_id, CASE WHEN outcome IS NOT NULL THEN outcome = 'answered' AND wait_s <= 86400 END AS in_time
    FROM human_waits WHERE day >= $from AND day < $to
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
