-- label: Unambiguous trigger
-- question: Is it clear what starts a task, and which job it belongs to?
-- pillar: 1
-- star: yes
-- part: declared | exists | | what starts a task (`trigger`) | Declare the agent in ledger.toml, with `trigger`.
-- part: keyed | census | >= 0.99 | tasks carry the number of their job (task.id) | Put `task.id` on the root span of every task, or into its outcome event.
-- do_next: Write `trigger` into the contract, and put `task.id` on the root span of every task.
-- version: 1
SELECT agent_id, 'declared' AS part, (trigger IS NOT NULL)::INTEGER AS yes, 1 AS n FROM agents WHERE declared
UNION ALL BY NAME
SELECT agent_id, 'keyed' AS part, nullif(count(business_key), 0) AS yes, count(*) AS n FROM tasks GROUP BY agent_id
