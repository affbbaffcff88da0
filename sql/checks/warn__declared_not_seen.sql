-- message: These agents are declared in ledger.toml but nothing was seen of them. Check their id and hosts, and that their telemetry is on.
SELECT agent_id, agent_name FROM mart.agents WHERE declared AND NOT discovered
