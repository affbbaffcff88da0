-- label: Cache savings
-- question: How much money does the prompt cache save?
-- definition: What the tokens read from the prompt cache would have cost as plain input, less what they cost, less what writing to the cache cost beyond plain input. Below zero where writing cost more than reading saved. At list prices, over calls that say how much they read and whose prices are known.
-- formula: sum of read tokens × (input price - read price) - sum of written tokens × (write price - input price)
-- unit: usd
-- better: higher
-- kind: sum
-- interval: none
-- minimum_n: 1
-- evidence: model calls say what they read from the cache and have a known price
-- slices: none
-- slice_denominator: own
-- needs: model_calls
-- sources: span_logs, invocation_logs
-- pillar: 1
-- catalogue: K9
-- version: 1
SELECT
    agent_id, agent_version, day, task_type, environment,
    sum(cache_savings_usd) AS numerator,
    count(cache_savings_usd) AS n,
    count(cache_savings_usd) AS covered,
    count(*) AS eligible
FROM model_calls
GROUP BY ALL
