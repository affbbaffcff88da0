-- label: Cost is known
-- question: Does every model call have a price, and does the bill agree?
-- pillar: 4
-- star: yes
-- part: priced | census | >= 0.99 | model calls have a price | No model call was seen: send spans of model calls, or switch on invocation logging.
-- part: billed | value 7 | <= 0.05 | share by which the bill of its account differs from the estimate | No final bill was read: set up an export of CUR 2.0 (sources.cost_usage_report) or Cost Explorer.
-- do_next: Add prices for the models named in Data health; look at the gap to the bill day by day.
-- version: 1
-- The bill knows accounts, not agents: the gap is that of the agent's account, over days whose bill is final.
WITH gaps AS (
    SELECT a.agent_id, abs(sum(coalesce(r.gap_usd, r.billed_usd))) / nullif(sum(r.billed_usd), 0) AS value, count(DISTINCT r.day) AS n
    FROM reconciliation r JOIN agents a USING (account_id)
    WHERE r.day >= $from AND r.day < $to AND r.billed_usd IS NOT NULL AND NOT r.provisional GROUP BY a.agent_id
)
SELECT agent_id, 'priced' AS part, count(*) FILTER (price_state <> 'unpriced') AS yes, count(*) FILTER (price_state = 'unpriced') AS no,
    count(*) AS n, NULL AS value
FROM model_calls GROUP BY agent_id
UNION ALL BY NAME
SELECT agent_id, 'billed' AS part, NULL AS yes, n, value::DOUBLE AS value FROM gaps
