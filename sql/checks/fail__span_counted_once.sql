-- message: A span stands more than once in spans. Please report it with the sample.
SELECT trace_id, span_id, count(*) AS times FROM mart.spans GROUP BY ALL HAVING count(*) > 1
