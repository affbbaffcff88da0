-- grain: one row per runtime × endpoint × moment from which the endpoint served another version
-- From the endpoint's own history. Before its first known state, DEFAULT is known to have followed the newest version:
-- what the list of versions says of their making is used for it, and nothing is used for other endpoints. The alias of a
-- classic agent stands as a runtime with one endpoint; one that splits its traffic tells no version from then on (NULL).
WITH live AS (
    SELECT parent_id AS agent_runtime, name AS endpoint, version, valid_from FROM int_inventory
    WHERE kind = 'runtime_endpoint'
    UNION ALL
    SELECT facts->>'$.alias_id', 'DEFAULT', version, valid_from FROM int_inventory
    WHERE kind = 'bedrock_alias' AND facts->>'$.alias_id' <> 'TSTALIASID'
),
made AS (
    SELECT parent_id AS agent_runtime, 'DEFAULT' AS endpoint, version, min(updated_at) AS valid_from FROM int_inventory
    WHERE kind = 'runtime_version' AND updated_at IS NOT NULL AND coalesce(status, '') NOT LIKE '%FAILED%' GROUP BY ALL
),
earlier AS (
    SELECT m.* FROM made m
    LEFT JOIN (SELECT agent_runtime, endpoint, min(valid_from) AS known_from FROM live GROUP BY ALL) l USING (agent_runtime, endpoint)
    WHERE l.known_from IS NULL OR m.valid_from < l.known_from
)
SELECT agent_runtime, endpoint, valid_from, arg_max(version, (coalesce(try_cast(version AS BIGINT), -1), version)) AS version
FROM (FROM live UNION ALL FROM earlier) GROUP BY ALL
