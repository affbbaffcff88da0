-- grain: one row per application inference profile, with the model behind it and the agent it belongs to
-- The agent is the one that the profile's tags name by id or name; without such a tag, the one that has the profile's
-- name. Names are compared letter by letter; a name of several agents names nobody.
WITH profiles AS (SELECT * FROM int_inventory_now WHERE kind = 'inference_profile'),
models AS (
    SELECT account_id, region, resource_id, count(DISTINCT model) AS models, any_value(model) AS model, bool_or(is_global) AS is_global
    FROM (SELECT account_id, region, resource_id, canonical_model(unnest(from_json(facts->'$.models', '["VARCHAR"]'))) AS model,
            split_part(unnest(from_json(facts->'$.models', '["VARCHAR"]')), ':', 4) = '' AS is_global FROM profiles)
    GROUP BY ALL
),
names AS (
    SELECT agent_name, any_value(agent_id) AS agent_id
    FROM (FROM int_known_agents QUALIFY rank = min(rank) OVER (PARTITION BY agent_name))
    GROUP BY agent_name HAVING count(DISTINCT agent_id) = 1
),
ids AS (SELECT DISTINCT agent_id FROM int_known_agents UNION SELECT agent_id FROM config.contracts),
claims AS (
    SELECT p.account_id, p.region, p.resource_id, p.name,
        list_filter([t.facts->>'$."agent-id"', t.facts->>'$."agent-name"', t.facts->>'$.agent'], lambda x: x IS NOT NULL) AS tagged
    FROM profiles p LEFT JOIN int_inventory_now t ON t.kind = 'inference_profile_tags'
        AND t.account_id = p.account_id AND t.region = p.region AND t.resource_id = p.resource_id
),
said AS (SELECT account_id, region, resource_id, unnest(CASE WHEN len(tagged) > 0 THEN tagged ELSE [name] END) AS word FROM claims),
meant AS (
    SELECT s.account_id, s.region, s.resource_id, any_value(coalesce(i.agent_id, n.agent_id)) AS agent_id,
        count(DISTINCT coalesce(i.agent_id, n.agent_id)) AS agents, count(*) FILTER (i.agent_id IS NULL AND n.agent_id IS NULL) AS unknown
    FROM said s LEFT JOIN ids i ON i.agent_id = s.word LEFT JOIN names n ON n.agent_name = s.word
    GROUP BY ALL
)
SELECT p.account_id, p.region, p.resource_id AS profile_id, p.arn AS profile_arn,
    CASE WHEN m.models = 1 THEN CASE WHEN m.is_global THEN 'global.' ELSE '' END || m.model END AS model,
    CASE WHEN a.agents = 1 AND a.unknown = 0 THEN a.agent_id END AS agent_id
FROM profiles p LEFT JOIN models m USING (account_id, region, resource_id) LEFT JOIN meant a USING (account_id, region, resource_id)
