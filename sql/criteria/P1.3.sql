-- label: "Done well" is written down
-- question: Could a stranger tell a good result from a bad one?
-- pillar: 1
-- star: yes
-- part: rule | exists | | when a task is done (`done_when`) | Declare the agent in ledger.toml, with `done_when`.
-- part: owner | exists | | who answers for it (`owner`) | Declare the agent in ledger.toml, with `owner`.
-- part: rubric | exists | | by which rubric results are judged (gen_ai.evaluation.name) | Name the rubric in every judgement: `gen_ai.evaluation.name` of the outcome event.
-- do_next: Write `done_when` and `owner` into the contract, and name the rubric in every judgement.
-- version: 1
SELECT agent_id, 'rule' AS part, (done_when IS NOT NULL)::INTEGER AS yes, 1 AS n FROM agents WHERE declared
UNION ALL BY NAME
SELECT agent_id, 'owner' AS part, (owner IS NOT NULL)::INTEGER AS yes, 1 AS n FROM agents WHERE declared
UNION ALL BY NAME
SELECT t.agent_id, 'rubric' AS part, (count(l.rubric) > 0)::INTEGER AS yes, 1 AS n
FROM labels l JOIN tasks t USING (task_id) WHERE l.kind <> 'outcome' GROUP BY t.agent_id
