-- label: The loop closes
-- question: Is it checked whether changes helped?
-- pillar: 4
-- star: yes
-- part: closed | census 1 | >= 0.7 | changes of the last 90 days have a verdict | No change older than 14 days is on record: switch on the inventory source, or state versions on spans.
-- do_next: Link each change to an action with its expected effect; its verdict follows from the data.
-- version: 1
-- Changes of the last two weeks are too young for a verdict. An action answers for the changes of its agent on its day.
SELECT c.agent_id, 'closed' AS part, count(*) FILTER (EXISTS (
        SELECT 1 FROM actions a WHERE a.agent_id = c.agent_id AND a.verdict IS NOT NULL AND a.taken_at::DATE = c.changed_at::DATE)) AS yes,
    count(*) AS n
FROM changes c
WHERE c.changed_at >= $to - 90 AND c.changed_at < $to - 14
GROUP BY c.agent_id
