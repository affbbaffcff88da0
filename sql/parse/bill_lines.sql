-- feed: bill_lines
-- into: raw.bill_lines
-- replaces: export, billing_period
-- One month of a Data Export (CUR 2.0), summed to days: lines of Bedrock, AgentCore, their Marketplace products and the log groups of
-- agents, each by usage type, role and resource; everything else is one line 'other' a day and account, so that the total stays true. An
-- export holds the columns that its owner chose: what it lacks is NULL, but day and cost it must have. Who called is kept as a role's name,
-- a person as a hash; sessions of a role are summed.
WITH given AS (
    SELECT NULL::TIMESTAMP AS line_item_usage_start_date, NULL::VARCHAR AS line_item_usage_account_id, NULL::VARCHAR AS bill_payer_account_id,
        NULL::VARCHAR AS product_region_code, NULL::VARCHAR AS product_servicecode, NULL::VARCHAR AS line_item_product_code,
        NULL AS product, NULL::VARCHAR AS line_item_usage_type, NULL::VARCHAR AS line_item_line_item_type,
        NULL::VARCHAR AS line_item_iam_principal, NULL::VARCHAR AS line_item_user_identifier, NULL::VARCHAR AS line_item_resource_id,
        NULL::VARCHAR AS pricing_unit, NULL::VARCHAR AS bill_invoice_id, NULL::DOUBLE AS line_item_unblended_cost,
        NULL::DOUBLE AS line_item_usage_amount
    WHERE false
    UNION ALL BY NAME
    SELECT COLUMNS('^(line_item_(usage_start_date|usage_account_id|product_code|usage_type|line_item_type|iam_principal|user_identifier|resource_id|unblended_cost|usage_amount)|bill_(payer_account_id|invoice_id)|product|product_(region_code|servicecode)|pricing_unit)$')
    FROM read_parquet(getvariable('files'), union_by_name = true)
),
-- The product attributes are a map, or a map written as JSON text.
lines AS (
    SELECT * EXCLUDE (product), CASE json_type(to_json(product)) WHEN 'VARCHAR'
            THEN CASE WHEN json_valid(to_json(product)->>'$') THEN (to_json(product)->>'$')::JSON END ELSE to_json(product) END AS product,
        coalesce(nullif(product_servicecode, ''), nullif(line_item_product_code, ''), 'unknown') AS service
    FROM given
),
named AS (
    SELECT *, coalesce(nullif(product->>'model', ''), nullif(product->>'titanModel', ''), nullif(product->>'servicename', ''),
            nullif(product->>'product_name', ''), service) AS name
    FROM lines
),
sorted AS (
    SELECT *, contains(lower(concat_ws(' ', service, line_item_product_code, name, product->>'product_name', line_item_usage_type)), 'bedrock')
        OR regexp_matches(coalesce(line_item_usage_type, ''), 'MP:[A-Z0-9]+_.*(Token|token|TPM)')
        OR regexp_matches(coalesce(line_item_resource_id, ''), ':log-group:(aws/spans|/aws/(vendedlogs/)?bedrock)') AS is_ours
    FROM named
),
kept AS (
    SELECT CASE WHEN line_item_usage_start_date IS NULL THEN error('a line has no line_item_usage_start_date') ELSE line_item_usage_start_date::DATE END AS day,
        CASE WHEN line_item_unblended_cost IS NULL THEN error('a line has no line_item_unblended_cost') ELSE line_item_unblended_cost::DECIMAL(28,12) END AS usd,
        line_item_usage_account_id AS account_id, bill_payer_account_id AS payer_account_id, line_item_usage_amount, coalesce(bill_invoice_id, '') = '' AS estimated,
        CASE WHEN is_ours THEN nullif(product_region_code, '') END AS region, CASE WHEN is_ours THEN service ELSE 'other' END AS service,
        CASE WHEN is_ours THEN name END AS name, CASE WHEN is_ours THEN line_item_usage_type END AS usage_type,
        CASE WHEN is_ours THEN line_item_line_item_type END AS line_type,
        CASE WHEN is_ours THEN nullif(regexp_extract(line_item_iam_principal, ':(?:assumed-role/|role/(?:.*/)?)([^/]+)', 1), '') END AS role_name,
        CASE WHEN is_ours THEN sha256(nullif(line_item_user_identifier, '')) END AS caller_hash,
        CASE WHEN is_ours THEN nullif(line_item_resource_id, '') END AS resource_id,
        CASE WHEN is_ours THEN nullif(pricing_unit, '') END AS unit
    FROM sorted
)
SELECT NULL::VARCHAR AS delivery_id, NULL::TIMESTAMP AS ingested_at, day::TIMESTAMP AS event_at, NULL::VARCHAR AS skip,
    NULL::VARCHAR AS reject,
    getvariable('export') AS export, getvariable('billing_period') AS billing_period, day, account_id, payer_account_id, region, service,
    name, usage_type, line_type, role_name, caller_hash, resource_id, unit,
    sum(usd)::DECIMAL(18,9) AS usd,
    CASE WHEN service <> 'other' THEN sum(line_item_usage_amount::DECIMAL(28,12))::DOUBLE END AS quantity, bool_or(estimated) AS estimated
FROM kept
GROUP BY day, account_id, payer_account_id, region, service, name, usage_type, line_type, role_name, caller_hash, resource_id, unit
