-- label: Edge cases are handled
-- question: Do rare kinds of task come to an end as often as all tasks?
-- pillar: 1
-- star: no
-- part: rare | ratio | >= 0.9 | rare tasks came to an end, against all tasks | No kind of task here is rare (under 5 %), or kinds are not told: send `task.type`, and `segment` in the outcome event.
-- do_next: Look at the rare kinds of task that were abandoned; add them to the tests of the agent.
-- version: 1
-- Rare: a task type, or a value of a segment with at most 50 values, under 5 % of the volume. All rare ones are pooled.
WITH told AS (
    SELECT agent_id, task_id, unnest(list_concat([{'dim': 'task_type', 'kind': task_type}],
        coalesce(list_transform(map_entries(segment), lambda e: {'dim': e.key, 'kind': e.value}), []))) AS t
    FROM tasks WHERE status IS DISTINCT FROM 'cancelled'
),
kinds AS (SELECT agent_id, t.dim AS dim, t.kind AS kind, count(*) AS n FROM told WHERE t.kind IS NOT NULL GROUP BY ALL),
dims AS (
    SELECT *, count(*) OVER (PARTITION BY agent_id, dim) AS width, sum(n) OVER (PARTITION BY agent_id, dim) AS total FROM kinds
),
rare AS (
    SELECT DISTINCT o.agent_id, o.task_id FROM told o
    JOIN dims d ON d.agent_id = o.agent_id AND d.dim = o.t.dim AND d.kind = o.t.kind
    WHERE d.width <= 50 AND d.n < 0.05 * d.total
),
ended AS (
    SELECT *, ended_at IS NOT NULL AND status IS DISTINCT FROM 'abandoned' AS done FROM tasks WHERE status IS DISTINCT FROM 'cancelled'
)
SELECT e.agent_id, 'rare' AS part, count(*) FILTER (done AND r.task_id IS NOT NULL) AS yes, count(r.task_id) AS n,
    count(*) FILTER (done) AS all_yes, count(*) AS all_n
FROM ended e LEFT JOIN rare r USING (agent_id, task_id)
GROUP BY e.agent_id HAVING count(r.task_id) > 0
