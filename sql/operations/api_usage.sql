-- grain: one row per day (UTC), source, account, region and AWS operation: what reading took and costs
-- column day: day in UTC, as AWS bills
-- column source: collector source
-- column account_id: AWS account
-- column region: AWS Region
-- column operation: IAM action of the call
-- column calls: requests, retried ones too
-- column units: what AWS charges by: requests, metrics or traces; NULL = not known
-- column usd: estimated charge at list prices of us-east-1, without free tiers; NULL = price unknown
SELECT day, source, account_id, region, operation, sum(calls)::BIGINT AS calls,
    CASE WHEN bool_and(units IS NOT NULL) THEN sum(units)::BIGINT END AS units,
    CASE WHEN bool_and(usd IS NOT NULL) THEN sum(usd) END AS usd
FROM ops.api_usage GROUP BY day, source, account_id, region, operation
ORDER BY day DESC, source, account_id, region, operation LIMIT 20000
