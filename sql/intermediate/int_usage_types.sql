-- grain: one row per usage type of the price list or the bill
-- What a usage type says: which tokens, at which tier, routed how. AWS writes it in four ways (dashes, snake, camel, mantle). A word
-- that is not known makes it no token price: nothing is guessed.
WITH given AS (
    SELECT usage_type FROM raw.list_prices UNION SELECT usage_type FROM raw.bill_days UNION SELECT usage_type FROM raw.bill_lines
),
bodies AS (
    SELECT usage_type, usage_type LIKE '%MP:%' AS is_marketplace,
        regexp_replace(regexp_replace(usage_type, '^([A-Z]{2,4}[0-9]|EU)-', ''), '^MP:[A-Z0-9]+_|-Units$', '', 'g') AS body
    FROM given WHERE usage_type <> ''
),
spelled AS (
    SELECT usage_type, is_marketplace, nullif(lower(regexp_extract(body, '^(.+\..+)-mantle-', 1)), '') AS model_id,
        regexp_replace(lower(replace(regexp_replace(body, '([a-z0-9])([A-Z])', '\1-\2', 'g'), '_', '-')), '(read|write)([0-9]+[mh])', '\1-\2') AS words
    FROM bodies
),
parted AS (
    SELECT *, regexp_extract(words, '^(.*?)(^|-)(cache-?read|cache-?write|input|output)(-|$)(.*)$', ['name', 'a', 'meter', 'b', 'rest']) AS part
    FROM spelled
),
worded AS (
    SELECT *, replace(part.meter, '-', '') AS meter, regexp_replace(part.name, '-?text$', '') AS name,
        string_split(part.rest || CASE WHEN is_marketplace THEN '-' || part.name ELSE '' END, '-') AS said,
        regexp_extract(part.name, '([a-z]+)$', 1) AS before
    FROM parted
),
read AS (
    SELECT *, CASE
        WHEN regexp_matches(words, '(^|-)(reserved|tpm|provisioned|model-?units?)(-|$)') THEN 'reserved'
        WHEN regexp_matches(words, 'custom-?model|customi[sz]ation|training') THEN 'custom_model'
        WHEN list_contains(['image', 'images', 'audio', 'video', 'speech'], before)
            OR list_has_any(said, ['image', 'images', 'audio', 'video', 'speech']) THEN 'other_modality'
        WHEN meter <> '' AND list_has_any(said, ['token', 'tokens', 'tokencount']) AND len(list_filter(said, lambda word: word NOT IN (
            '', 'token', 'tokens', 'tokencount', 'count', 'input', 'million', 'text', 'standard', 'global', 'geo', 'cross', 'region',
            'flex', 'priority', 'batch', 'latency', 'optimized', 'long', 'context', 'ctx', '5m', '30m', '1h'))) = 0 THEN 'tokens'
        ELSE 'none' END AS what
    FROM worded
)
SELECT usage_type, what, model_id, CASE WHEN NOT is_marketplace AND model_id IS NULL THEN nullif(name, '') END AS model_name,
    CASE WHEN what <> 'tokens' THEN NULL WHEN meter = 'cacheread' THEN 'cache_read'
         WHEN meter = 'cachewrite' AND list_contains(said, '1h') THEN 'cache_write_1h'
         WHEN meter = 'cachewrite' AND list_contains(said, '30m') THEN 'cache_write_30m'
         WHEN meter = 'cachewrite' THEN 'cache_write_5m' ELSE meter END AS token_kind,
    CASE WHEN list_contains(said, 'flex') THEN 'flex' WHEN list_contains(said, 'priority') THEN 'priority'
         WHEN list_contains(said, 'batch') THEN 'batch' WHEN list_contains(said, 'optimized') THEN 'latency-optimized'
         WHEN what = 'reserved' THEN 'reserved' ELSE 'default' END AS tier,
    CASE WHEN list_contains(said, 'global') THEN 'global' ELSE 'regional' END AS scope,
    CASE WHEN list_contains(said, 'long') THEN 'long' ELSE 'standard' END AS context
FROM read
