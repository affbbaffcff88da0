-- label: Feedback is fresh
-- question: Does the verdict of people and systems arrive while it still helps?
-- pillar: 4
-- star: no
-- part: delay | value 30 | <= 14 | days from the end of a task to its judgement, median | No task was judged: send outcome events, or judge tasks in the app.
-- part: newest | value | <= 14 | days since the newest judgement | No task was judged: send outcome events, or judge tasks in the app.
-- do_next: Send outcomes as soon as they are known, and review a few tasks every week.
-- version: 2
-- Judgements by people and outcomes; a judge's come by themselves.
WITH judged AS (
    SELECT t.agent_id, l.labelled_at,
        CASE WHEN t.ended_at IS NOT NULL AND l.labelled_at IS NOT NULL
            THEN greatest(date_diff('second', t.ended_at, l.labelled_at), 0) / 86400.0 END AS waited
    FROM labels l JOIN tasks t USING (task_id) WHERE l.kind IN ('human', 'outcome')
)
SELECT agent_id, 'delay' AS part, count(waited) AS n, median(waited) AS value FROM judged GROUP BY agent_id HAVING count(waited) > 0
UNION ALL BY NAME
SELECT agent_id, 'newest' AS part, count(*) AS n, greatest(date_diff('second', max(labelled_at), $to::TIMESTAMP), 0) / 86400.0 AS value
FROM judged GROUP BY agent_id HAVING count(labelled_at) > 0
