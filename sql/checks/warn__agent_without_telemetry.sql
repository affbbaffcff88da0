-- message: These agents exist in the account but left no telemetry. Switch on observability for them (Transaction Search and the agent's own instrumentation), or check that their log groups are read.
SELECT agent_id, agent_name, host, status FROM mart.agents WHERE inventoried AND NOT discovered AND in_inventory_until IS NULL
