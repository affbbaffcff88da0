-- grain: one row per agent id and name under which it is known
-- Who an invocation's metadata may mean: declared agents first, then those seen on spans.
SELECT agent_id, agent_name, 1 AS rank FROM config.contracts WHERE agent_name IS NOT NULL
UNION
SELECT agent_runtime, coalesce(chosen_name(agent_name), regexp_replace(agent_runtime, '-[A-Za-z0-9]{10}$', '')), 2
FROM raw.spans WHERE agent_runtime IS NOT NULL
UNION
SELECT account_id || '/' || region || '/' || chosen_name(agent_name), chosen_name(agent_name), 3
FROM raw.spans WHERE agent_runtime IS NULL AND chosen_name(agent_name) IS NOT NULL
