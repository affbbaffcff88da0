-- table: reconciliation
-- grain: one row per UTC day × account × model, of model calls and of the bill for models
-- replaces: true
-- column day: UTC day
-- column account_id: AWS account
-- column model: canonical model id; NULL = billed lines that name no known model
-- column calls: model calls seen
-- column unpriced_calls: calls among them without a price
-- column estimated_usd: list-price cost of the priced calls, USD; NULL where none is priced
-- column billed_usd: billed for usage, USD (net of credits where only Cost Explorer was read); NULL = no bill is known
-- column adjustments_usd: credits, discounts, refunds and tax on top, USD; NULL = not stated apart
-- column gap_usd: billed minus estimated, USD; NULL where one of them is unknown. Estimates are never scaled to the bill
-- column gap_ratio: gap / billed
-- column provisional: the bill of that day is not final
-- column source: where the bill was read: cur or cost_explorer
-- column state: compared, partly_priced (the estimate is a lower bound), unpriced, unseen (billed, but no call was seen), no_bill
-- What nobody billed is zero only where the whole bill of that day and account is known and names its models.
WITH calls AS (
    SELECT day, account_id, model, sum(calls)::BIGINT AS calls, sum(unpriced_calls)::BIGINT AS unpriced_calls,
        sum(estimated_usd)::DECIMAL(18,9) AS estimated_usd
    FROM (
        SELECT started_at::DATE AS day, account_id, model, count(*) AS calls,
            count(*) FILTER (price_state = 'unpriced') AS unpriced_calls, sum(cost_usd)::DECIMAL(18,9) AS estimated_usd
        FROM mart.model_calls GROUP BY ALL
        UNION ALL FROM sealed.calls)
    GROUP BY ALL
),
billed AS (
    SELECT day, account_id, model, coalesce(sum(usd) FILTER (line_type IN ('usage', 'net')), 0)::DECIMAL(18,9) AS billed_usd,
        (sum(usd) FILTER (line_type NOT IN ('usage', 'net')))::DECIMAL(18,9) AS adjustments_usd
    FROM mart.bill WHERE cost_class = 'model' GROUP BY ALL
),
days AS (
    SELECT day, account_id, min(source) AS source, bool_or(estimated) AS provisional,
        coalesce(bool_or(cost_class = 'model' AND model IS NULL AND usd <> 0), false) AS has_unnamed
    FROM mart.bill GROUP BY day, account_id
),
met AS (
    SELECT coalesce(c.day, b.day) AS day, coalesce(c.account_id, b.account_id) AS account_id, coalesce(c.model, b.model) AS model,
        coalesce(c.calls, 0) AS calls, coalesce(c.unpriced_calls, 0) AS unpriced_calls, c.estimated_usd, b.billed_usd, b.adjustments_usd
    FROM calls c
    FULL JOIN billed b ON b.day = c.day AND b.account_id IS NOT DISTINCT FROM c.account_id AND b.model IS NOT DISTINCT FROM c.model
),
known AS (
    SELECT m.* REPLACE (coalesce(m.billed_usd, CASE WHEN d.day IS NOT NULL AND NOT d.has_unnamed THEN 0::DECIMAL(18,9) END) AS billed_usd),
        d.provisional, d.source
    FROM met m LEFT JOIN days d ON d.day = m.day AND d.account_id = m.account_id
)
SELECT day, account_id, model, calls, unpriced_calls, estimated_usd, billed_usd, adjustments_usd,
    CASE WHEN calls = 0 THEN billed_usd ELSE billed_usd - estimated_usd END AS gap_usd,
    (CASE WHEN calls = 0 THEN billed_usd ELSE billed_usd - estimated_usd END / nullif(billed_usd, 0))::DOUBLE AS gap_ratio,
    provisional, source,
    CASE WHEN billed_usd IS NULL THEN 'no_bill' WHEN calls = 0 THEN 'unseen' WHEN estimated_usd IS NULL THEN 'unpriced'
         WHEN unpriced_calls > 0 THEN 'partly_priced' ELSE 'compared' END AS state
FROM known
ORDER BY ALL
