-- grain: one row per data check of the last build
-- column check_name: name of the check
-- column severity: fail stops publishing, warn is shown
-- column offenders: rows that break it
-- column sample: one of them
-- column message: what it means and what to do
-- column checked_at: when, UTC
SELECT * FROM ops.check_results ORDER BY severity, check_name
