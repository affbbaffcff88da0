-- label: The outcome agrees with the rule
-- question: When the agent's outcome says success, do people who check at random say so too?
-- pillar: 1
-- star: no
-- part: agreed | interval | >= 0.9 | outcomes were confirmed by people who checked at random | Draw tasks at random for review, and send `label.inclusion_probability` with each judgement.
-- do_next: Read the tasks on which people and outcome disagree: mend the outcome rule first, then the agent.
-- version: 1
-- Weighted by one over the chance of being drawn; n is the effective number (Kish), rounded where the order in which
-- fractions are added shows: 14 answers of one weight are 14.
WITH judged AS (
    SELECT task_id, avg(score) >= 0.5 AS said_right, avg(1 / inclusion_probability) AS weight
    FROM labels
    WHERE kind = 'human' AND inclusion_probability > 0 AND score IS NOT NULL AND coalesce(rubric, '') NOT IN ('escalation.needed', 'guardrail.right')
    GROUP BY task_id
),
met AS (
    SELECT agent_id, coalesce(sum(weight) FILTER ((status = 'success') = said_right), 0) / sum(weight) AS share,
        sum(weight) * sum(weight) / sum(weight * weight) AS effective
    FROM tasks JOIN judged USING (task_id)
    WHERE status IN ('success', 'failed')
    GROUP BY agent_id
)
SELECT agent_id, 'agreed' AS part, round(share * effective, 9) AS yes, round(effective, 9) AS n FROM met
