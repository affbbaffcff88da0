-- severity: error
-- wrong: The collector's role may not read this source.
-- unknown: none
-- fix: python -m collectors iam prints the policy that the role needs; put it on the role (IAM > Roles > Permissions), then run again.
WITH latest AS (
    SELECT * FROM ops.collector_runs
    QUALIFY row_number() OVER (PARTITION BY source, account_id, region, scope ORDER BY started_at DESC) = 1
)
SELECT account_id, region, rtrim(source || ' ' || scope) AS subject, error_message AS evidence
FROM latest
WHERE status = 'failed' AND (error_code ILIKE '%AccessDenied%' OR error_code IN ('UnauthorizedOperation', 'AuthorizationError', 'NotAuthorized'))
ORDER BY ALL
