-- label: The baseline is known
-- question: Is it known what people took for the same work, and since when?
-- pillar: 4
-- star: no
-- part: declared | exists | | what people took for a task, and how that is known (`baseline_minutes`, `baseline_source`) | Declare the agent in ledger.toml, with `baseline_minutes` and `baseline_source`.
-- part: recent | value | <= 180 | days since that was found out | Write the day into the contract: `baseline_on`.
-- do_next: Measure ten tasks done by people; write `baseline_minutes`, `baseline_source` and `baseline_on` into the contract.
-- version: 1
SELECT a.agent_id, 'declared' AS part, (b.source IS NOT NULL)::INTEGER AS yes, 1 AS n, NULL AS value
FROM agents a LEFT JOIN baselines b USING (agent_id) WHERE a.declared
UNION ALL BY NAME
SELECT agent_id, 'recent' AS part, NULL AS yes, 1 AS n, ($to - valid_from)::DOUBLE AS value FROM baselines
