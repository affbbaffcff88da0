-- table: bill
-- grain: one row per billed day × account × Region × service × usage type × kind of line × agent
-- replaces: true
-- column day: UTC day of the bill
-- column account_id: AWS account that used it
-- column region: AWS Region; NULL where the source does not say
-- column service: service code, or the service's name in Cost Explorer; other = everything that is not about agents
-- column usage_type: usage type; '' for the line other
-- column cost_class: model, guardrail, runtime, memory, gateway, evaluation, knowledge_base, logs, other
-- column model: canonical model id; NULL where the line does not say, or its name is not known
-- column token_kind: input, cache_read, cache_write_5m, cache_write_30m, cache_write_1h, output; NULL = no text tokens
-- column tier: service tier
-- column agent_id: agent whose resource or role the line names; NULL = the line names none
-- column line_type: usage, tax, credit, refund, discount, other; net where Cost Explorer gives all of them as one
-- column usd: billed, USD
-- column quantity: amount used, in units; NULL for the line other
-- column unit: unit of the quantity; NULL where the source does not say
-- column estimated: the bill of that day is not final
-- column source: cur (Data Export) or cost_explorer
SELECT day, account_id, region, service, usage_type, cost_class, model, token_kind, tier, agent_id, line_type,
    sum(usd)::DECIMAL(18,9) AS usd, sum(quantity) AS quantity, unit, bool_or(estimated) AS estimated, source
FROM int_bill
GROUP BY ALL
ORDER BY ALL
