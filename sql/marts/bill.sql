-- table: bill
-- grain: one row per billed day × service × usage type
-- replaces: true
-- column day: UTC day of the bill
-- column account_id: AWS account
-- column service: service code
-- column usage_type: usage type
-- column usd: billed, USD
-- No source of this version fills it: the bill arrives with the Cost Explorer and CUR collectors.
SELECT NULL::DATE AS day, NULL::VARCHAR AS account_id, NULL::VARCHAR AS service, NULL::VARCHAR AS usage_type,
    NULL::DECIMAL(18,9) AS usd
WHERE false
