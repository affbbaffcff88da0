-- Agents that the viewer may see: declared, seen in telemetry or found in the inventory.
select agent_id, agent_name, host, arn, account_id, region, owner, team, cost_center, purpose, trigger, done_when, task_definition,
       success_rule, confidence_threshold, baseline_minutes, baseline_low_minutes, baseline_high_minutes,
       (select arg_max(b.source, coalesce(b.valid_from, date '0001-01-01')) from baselines b where b.agent_id = agents.agent_id) as baseline_source,
       hourly_rate_usd, error_cost_usd, setup_cost_usd, monthly_cost_usd, monthly_budget_usd, deadline_minutes, environment, declared, discovered, inventoried,
       protocol, status, in_inventory_until, first_seen_at, last_seen_at
from agents
where $agents is null or list_contains($agents, agent_id)
order by lower(coalesce(agent_name, agent_id)), agent_id
