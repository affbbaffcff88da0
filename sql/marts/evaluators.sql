-- table: evaluators
-- grain: one row per evaluator and online configuration that runs it; config is NULL where none does
-- replaces: true
-- column account_id: AWS account
-- column region: AWS Region
-- column evaluator_arn: ARN of the evaluator; NULL where results name none
-- column evaluator: its name, the rubric of its labels. Scores of different evaluators are never averaged
-- column level: what it judges: Session, Trace or ToolCall
-- column evaluator_type: Builtin, ThirdParty, Custom, CustomCode or CustomDerived; NULL = seen in results only
-- column provider: who made it
-- column rating_scale: numerical, categorical or multi_dimensional
-- column scale_min: least rating; NULL = unknown
-- column scale_max: greatest rating; NULL = unknown
-- column polarity: higher_is_better, lower_is_better or unknown
-- column judge_model: model that judges, where the evaluator names one
-- column config: online configuration
-- column config_name: its name
-- column execution_status: ENABLED or DISABLED
-- column sampling: share of the agent's sessions that is judged, 0 to 1
-- column filters: conditions that choose before the sampling; with any, the chance of a task is not known
-- column results: results it has given under this configuration, with batch and on-demand ones where config is NULL
-- column scored: those with a score or label
-- column last_result_at: its latest result, UTC
WITH known AS (
    FROM raw.evaluators QUALIFY row_number() OVER (PARTITION BY account_id, region, evaluator_arn ORDER BY updated_at DESC) = 1
),
configs AS (
    FROM raw.evaluation_configs QUALIFY row_number() OVER (PARTITION BY account_id, region, config_id ORDER BY updated_at DESC) = 1
),
runs AS (
    SELECT account_id, region, config_id, unnest(evaluators) AS evaluator_id FROM configs
),
given AS (
    SELECT account_id, region, evaluator_arn, CASE WHEN evaluation_channel = 'online' THEN evaluation_config END AS config,
        max(evaluation_name) AS evaluator, max(evaluation_level) AS level, count(*) AS results,
        count(*) FILTER (NOT judge_error) AS scored, max(coalesce(observed_at, happened_at)) AS last_result_at
    FROM raw.outcomes
    WHERE judged_key IS NOT NULL AND (label_source IS NULL OR label_source NOT LIKE 'human%')
    GROUP BY account_id, region, evaluator_arn, config, CASE WHEN evaluator_arn IS NULL THEN evaluation_name END
),
pairs AS (
    SELECT k.account_id, k.region, k.evaluator_arn, r.config_id AS config
    FROM known k LEFT JOIN runs r ON r.account_id = k.account_id AND r.region = k.region
        AND r.evaluator_id = regexp_extract(k.evaluator_arn, '[^/]+$')
)
SELECT coalesce(p.account_id, g.account_id) AS account_id, coalesce(p.region, g.region) AS region,
    coalesce(p.evaluator_arn, g.evaluator_arn) AS evaluator_arn, coalesce(g.evaluator, k.evaluator_name) AS evaluator,
    coalesce(k.level, g.level) AS level, k.evaluator_type, k.provider, k.rating_scale, k.scale_min, k.scale_max,
    coalesce(k.polarity, 'unknown') AS polarity, k.judge_model, coalesce(p.config, g.config) AS config, c.config_name,
    c.execution_status, c.sampling_percentage / 100 AS sampling, c.filters, coalesce(g.results, 0) AS results,
    coalesce(g.scored, 0) AS scored, g.last_result_at
FROM pairs p
FULL JOIN given g ON g.account_id = p.account_id AND g.region = p.region AND g.evaluator_arn = p.evaluator_arn
    AND g.config IS NOT DISTINCT FROM p.config
LEFT JOIN known k ON k.account_id = coalesce(p.account_id, g.account_id) AND k.region = coalesce(p.region, g.region)
    AND k.evaluator_arn = coalesce(p.evaluator_arn, g.evaluator_arn)
LEFT JOIN configs c ON c.account_id = coalesce(p.account_id, g.account_id) AND c.region = coalesce(p.region, g.region)
    AND c.config_id = coalesce(p.config, g.config)
ORDER BY ALL
