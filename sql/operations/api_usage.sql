-- grain: one row per day (UTC), source, account, region and AWS operation: what reading took and costs
-- column day: day in UTC, as AWS bills
-- column source: collector source
-- column account_id: AWS account
-- column region: AWS Region
-- column operation: IAM action of the call
-- column calls: requests, retried ones too
-- column units: what AWS charges by: requests, metrics or traces; NULL = not known
-- column usd: estimated charge at list prices of us-east-1, without free tiers; NULL = price unknown
SELECT * FROM ops.api_usage ORDER BY day DESC, source, account_id, region, operation LIMIT 20000
