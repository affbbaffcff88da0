-- label: The data is there
-- question: Does what the agent looks up exist?
-- pillar: 2
-- star: no
-- part: empty | interval | <= 0.05 | look-ups found nothing | No look-up says what it found: instrument retrieval, so that its span lists the documents or their number.
-- do_next: Read the look-ups that found nothing: fill the source, or mend the question that the agent asks it.
-- version: 1
-- Memory is left out: an empty memory is no fault. How old a source is, no record of AWS says; that is not judged here.
SELECT agent_id, 'empty' AS part, CASE WHEN count(is_empty) > 0 THEN count(*) FILTER (is_empty) END AS yes,
    count(*) FILTER (NOT is_empty) AS no, count(*) AS n
FROM data_calls WHERE kind <> 'memory' GROUP BY agent_id
