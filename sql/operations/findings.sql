-- grain: one row per finding, the worst first: what AWS said when it was asked last, and what the last build shows
-- column code: what kind of finding
-- column severity: error (numbers are missing), warning (numbers may mislead), info
-- column account_id: AWS account; NULL where it does not say
-- column region: AWS Region; NULL where it does not say
-- column subject: the log group, agent, judge or setting it is about
-- column wrong: what is wrong
-- column evidence: what was seen
-- column unknown: ids of the KPIs that are unknown or wrong because of it, comma separated; empty = none
-- column fix: the command or the console path that mends it
-- column found_at: when it was found, UTC
SELECT * FROM ops.findings
ORDER BY CASE severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, code, account_id, region, subject
