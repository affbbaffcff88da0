-- grain: one row per source, scope and reason
-- column source: collector source
-- column account_id: AWS account
-- column region: AWS Region
-- column scope: log group, namespace, or empty
-- column reason: why the records were not taken
-- column n: how many
-- column sample: one of them, scrubbed
-- column first_at: earliest, UTC
-- column last_at: latest, UTC
SELECT source, account_id, region, scope, reason, count(*) AS n, min(sample) AS sample, min(seen_at) AS first_at, max(seen_at) AS last_at
FROM ops.rejects GROUP BY source, account_id, region, scope, reason ORDER BY n DESC, source, reason
