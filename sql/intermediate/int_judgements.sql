-- grain: one row per evaluation record that this build looks at, and per other record of the same judged thing
-- What judges said. Of several results of one judge on one thing (a resumed session is judged again) the latest that has
-- a score or label is current; an error is never one. Records that no build was given belong to no task that was seen.
WITH given AS (
    SELECT event_id, judged_key, task_id FROM int_outcome_tasks WHERE judged_key IS NOT NULL
),
alike AS (
    SELECT event_id, task_id FROM given
    UNION ALL
    SELECT o.event_id, NULL FROM raw.outcomes o SEMI JOIN given USING (judged_key) ANTI JOIN given USING (event_id)
),
facts AS (
    SELECT o.*, a.task_id, coalesce(o.observed_at, o.happened_at) AS judged_at,
        CASE WHEN NOT o.judge_error THEN 'scored' WHEN o.throttled THEN 'throttled' ELSE 'errored' END AS status
    FROM raw.outcomes o JOIN alike a USING (event_id)
)
SELECT *, count(*) OVER (PARTITION BY judged_key) AS revisions,
    NOT judge_error AND row_number() OVER (PARTITION BY judged_key, judge_error ORDER BY judged_at DESC, event_id DESC) = 1 AS is_current
FROM facts
