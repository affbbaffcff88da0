-- severity: warning
-- wrong: This judge has given nothing but errors for seven days: it says nothing about the work.
-- unknown: judge_score, judge_agreement, calibration
-- fix: Look at the usual error in Data health, then CloudWatch > GenAI Observability > Evaluations: mend or switch off the evaluator <subject>.
SELECT NULL::VARCHAR AS account_id, NULL::VARCHAR AS region, evaluator AS subject,
    count(*) || ' results, none scored; usual error ' || coalesce(mode(error_type), 'not said') AS evidence
FROM mart.judge_results
WHERE day > (SELECT max(day) FROM mart.judge_results) - 7
GROUP BY evaluator, evaluator_arn, config
HAVING count(*) FILTER (status = 'scored') = 0
ORDER BY ALL
