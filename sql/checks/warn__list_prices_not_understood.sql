-- message: AWS lists token prices here that are not used, because their usage type is not understood or two of them contradict each other. The price book or [[prices]] is used instead. Please report the sample.
SELECT state, service_code, region, name, count(*) AS prices, min(usage_type) AS usage_type
FROM mart.list_prices WHERE state IN ('ambiguous', 'unknown_usage', 'tiered') AND is_listed GROUP BY ALL ORDER BY prices DESC, name
