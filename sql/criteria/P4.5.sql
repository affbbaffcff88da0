-- label: The loop closes
-- question: Is it checked whether changes helped?
-- pillar: 4
-- star: yes
-- part: closed | census 1 | >= 0.7 | changes of the last 90 days have a verdict | No change older than 14 days is on record: switch on the inventory source, or state versions on spans.
-- do_next: Link each change to an action with its expected effect; its verdict follows from the data.
-- version: 2
-- Changes of the last two weeks are too young for a verdict. An action answers for the change that is linked to it, and for no other.
SELECT agent_id, 'closed' AS part,
    count(*) FILTER (change_id IN (SELECT a.change_id FROM actions a WHERE a.verdict IS NOT NULL AND a.change_id IS NOT NULL)) AS yes, count(*) AS n
FROM changes
WHERE agent_id IS NOT NULL AND (changed_at IS NULL OR (changed_at >= $to - 90 AND changed_at < $to - 14))
GROUP BY agent_id
