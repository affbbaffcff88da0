-- message: These judges have given nothing but errors for seven days: they say nothing about the work. Look at error_type; an agent's spans that the service cannot read are the usual cause.
SELECT evaluator, config, count(*) AS results, mode(error_type) AS error_type, max(judged_at) AS last_result_at
FROM mart.judge_results
WHERE day > (SELECT max(day) FROM mart.judge_results) - 7
GROUP BY evaluator, evaluator_arn, config
HAVING count(*) FILTER (status = 'scored') = 0
ORDER BY results DESC
