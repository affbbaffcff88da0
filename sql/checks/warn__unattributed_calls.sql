-- message: These calls belong to no known agent. Name the role or the inference profile under `hosts` of the agent's contract in ledger.toml.
SELECT model, region, count(*) AS calls, sum(cost_usd) AS usd FROM mart.model_calls WHERE agent_id = 'unattributed' GROUP BY ALL ORDER BY calls DESC
