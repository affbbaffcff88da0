-- table: data_loads
-- grain: one row per reported load of the data that agents look up
-- replaces: true
-- column load_id: id of the report
-- column agent_id: the agent; NULL = every agent that looks the resource up
-- column resource: what was loaded, such as the id of a knowledge base; NULL = not said
-- column loaded_at: when, UTC
SELECT event_id AS load_id, agent_id, resource, changed_at AS loaded_at FROM raw.noted_changes WHERE kind = 'load' ORDER BY ALL
