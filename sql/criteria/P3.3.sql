-- label: Confidence is stated
-- question: Does the agent say how sure it is?
-- pillar: 3
-- star: yes
-- part: stated | census | >= 0.95 | decisions state a confidence | Send `confidence` (0 to 1) in the outcome event of every task.
-- do_next: Send `confidence` in the outcome event of every task, also of those handed over.
-- version: 1
SELECT agent_id, 'stated' AS part, nullif(count(confidence), 0) AS yes, count(*) AS n
FROM tasks WHERE ended_at IS NOT NULL AND status IS DISTINCT FROM 'cancelled' GROUP BY agent_id
