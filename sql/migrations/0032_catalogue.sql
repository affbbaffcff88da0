-- When a person took a hand-over, as an outcome event says it; and what an agent cost to build, costs a month, and may cost a month.
ALTER TABLE raw.outcomes ADD COLUMN picked_up_at TIMESTAMP;
ALTER TABLE config.contracts ADD COLUMN setup_cost_usd DOUBLE;
ALTER TABLE config.contracts ADD COLUMN monthly_cost_usd DOUBLE;
ALTER TABLE config.contracts ADD COLUMN monthly_budget_usd DOUBLE;
