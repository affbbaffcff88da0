-- label: The data is there
-- question: Does what the agent looks up exist, and is it as fresh as it must be?
-- pillar: 2
-- star: no
-- part: empty | interval | <= 0.05 | look-ups found nothing | No look-up says what it found: instrument retrieval, so that its span lists the documents or their number.
-- part: fresh | value | <= 30 | days since the data was last loaded | Name `data_max_age_days` in the contract, and report each load as an `agent.change` event of kind `load` (with `resource`, the id of what was loaded, where the agent looks up several).
-- do_next: Read the look-ups that found nothing: fill the source, or mend the question that the agent asks it; load what is too old.
-- version: 2
-- Memory is left out: an empty memory is no fault. No record of AWS tells the age of data: loads are reported. Each resource that is
-- looked up stands alone, and needs a load of its own unless it is the only one; one without a name is as old as the oldest.
WITH looked AS (
    SELECT DISTINCT agent_id, coalesce(resource_id, '') AS resource, count(DISTINCT coalesce(resource_id, '')) OVER (PARTITION BY agent_id) AS resources
    FROM data_calls WHERE kind IS DISTINCT FROM 'memory'
),
loads AS (
    SELECT l.agent_id, l.resource, l.resources, d.resource AS loaded, max(d.loaded_at) AS newest
    FROM looked l JOIN data_loads d ON (d.agent_id = l.agent_id OR d.agent_id IS NULL) AND d.loaded_at < $to
    GROUP BY ALL
),
ages AS (
    SELECT l.agent_id, l.resource, CASE WHEN l.resource = '' THEN min(o.newest) ELSE max(o.newest) END AS newest
    FROM looked l LEFT JOIN loads o ON o.agent_id = l.agent_id AND o.resource = l.resource
        AND (l.resource = '' OR o.loaded = l.resource OR (o.loaded IS NULL AND l.resources = 1))
    GROUP BY l.agent_id, l.resource
)
SELECT agent_id, 'empty' AS part, NULL AS slice, CASE WHEN count(is_empty) > 0 THEN count(*) FILTER (is_empty) END AS yes,
    count(*) FILTER (NOT is_empty) AS no, count(*) AS n, NULL AS value, NULL AS target
FROM data_calls WHERE kind IS DISTINCT FROM 'memory' GROUP BY agent_id
UNION ALL BY NAME
SELECT agent_id, 'fresh' AS part, nullif(resource, '') AS slice, 1 AS n, date_diff('second', newest, $to::TIMESTAMP) / 86400.0 AS value,
    a.data_max_age_days AS target
FROM ages JOIN agents a USING (agent_id) WHERE a.data_max_age_days IS NOT NULL
