"""Every KPI a second time: plain SQL on single tasks, calls and labels, written from the definitions in words.

Nothing here uses the KPI files or their parts. `t`, `c` and `u` are the tasks, model calls and tool calls of the
question; `p` is the first day of the period that each belongs to. Each SELECT gives p, slice, numerator, denominator.
"""

from __future__ import annotations

QUESTION = """WITH t AS (SELECT *, {period} AS p FROM tasks WHERE {scope}),
c AS (SELECT *, {period} AS p FROM model_calls WHERE {scope}),
u AS (SELECT *, {period} AS p FROM tool_calls WHERE {scope})
"""
LATENCY = {
    "task_latency": ("t", "mature", "duration_ms"),
    "model_latency": ("c", "true", "duration_ms"),
    "tool_latency": ("u", "true", "duration_ms"),
    "time_to_first_token": ("c", "true", "ttft_ms"),
}
# 0-based rank ⌊q(n − 1)⌋ of the sorted durations.
QUANTILES = """SELECT p, 'p' || (100 * q)::INTEGER AS slice,
    list_sort(list({column}))[floor(q * (count(*) - 1))::BIGINT + 1] AS value,
    count(*) AS n
FROM {rows}, (VALUES (0.5::DOUBLE), (0.95), (0.99)) AS wanted (q)
WHERE {column} IS NOT NULL AND {extra}
GROUP BY p, q"""

_BY_KIND = "SELECT p, '{0}', sum({1}) AS k, sum({2}) AS n FROM c GROUP BY p"
_ALL_TOKENS = """(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
    + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) + coalesce(output_tokens, 0))"""
_KINDS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")

FIGURES = {
    "task_volume": "SELECT p, '', count(DISTINCT task_id), NULL FROM t GROUP BY p",
    "completion_rate": """SELECT p, '',
            sum(CASE WHEN ended_at IS NULL OR status = 'abandoned' THEN 0 ELSE 1 END), count(*)
        FROM t WHERE mature AND coalesce(status, '') <> 'cancelled' GROUP BY p""",
    "success_rate": "SELECT p, '', sum((verdict = 'success')::INTEGER), count(verdict) FROM t GROUP BY p",
    "accuracy": """SELECT p, '', sum(score / pi), sum(1 / pi) FROM (
            SELECT t.p, t.task_id, known.score, known.pi
            FROM t JOIN (
                SELECT *, CASE kind WHEN 'outcome' THEN 1.0::DOUBLE ELSE inclusion_probability END AS pi FROM labels
                WHERE score IS NOT NULL
                  AND (kind = 'outcome' AND label_source = 'system' OR kind = 'human' AND inclusion_probability > 0)
            ) AS known USING (task_id)
            WHERE t.mature AND coalesce(t.escalated, false) = false
            QUALIFY row_number() OVER (
                PARTITION BY task_id ORDER BY kind = 'outcome' DESC, labelled_at DESC, label_id DESC) = 1
        ) GROUP BY p""",
    "label_coverage": """, known AS (SELECT DISTINCT task_id, kind FROM labels)
        SELECT p, wanted.kind, count(DISTINCT known.task_id), count(DISTINCT t.task_id)
        FROM t CROSS JOIN (
            VALUES ('', '%'), ('human', 'human'), ('judge', 'judge'), ('outcome', 'outcome')) AS wanted (kind, pattern)
        LEFT JOIN known ON known.task_id = t.task_id AND known.kind LIKE wanted.pattern
        WHERE t.mature GROUP BY p, wanted.kind""",
    "cost_per_task": """SELECT p, '', sum(usd), count(*)
        FROM t
        LEFT JOIN (SELECT task_id, sum(cost_usd) AS usd FROM model_calls GROUP BY task_id) AS paid USING (task_id)
        WHERE mature GROUP BY p""",
    "cost_per_success": """SELECT p, '', sum(usd), count(*) FILTER (verdict = 'success')
        FROM t
        LEFT JOIN (SELECT task_id, sum(cost_usd) AS usd FROM model_calls GROUP BY task_id) AS paid USING (task_id)
        GROUP BY p""",
    "spend": """SELECT p, '', sum(cost_usd), NULL FROM c GROUP BY p
        UNION ALL SELECT p, coalesce(model, 'unknown'), sum(cost_usd), NULL FROM c GROUP BY p, model""",
    "token_mix": " UNION ALL ".join(
        [_BY_KIND.format("", _ALL_TOKENS, _ALL_TOKENS)]
        + [_BY_KIND.format(kind, f"{kind}_tokens", _ALL_TOKENS) for kind in _KINDS]
    ),
    "cache_hit_rate": f"""SELECT p, '', sum(cache_read_tokens), sum({_ALL_TOKENS} - coalesce(output_tokens, 0))
        FROM c WHERE cache_read_tokens IS NOT NULL AND uncached_input_tokens IS NOT NULL GROUP BY p""",
    "error_rate": "SELECT p, '', sum(CASE WHEN is_error THEN 1 ELSE 0 END), count(is_error) FROM c GROUP BY p",
    "throttle_rate": "SELECT p, '', sum(CASE WHEN throttled THEN 1 ELSE 0 END), count(throttled) FROM c GROUP BY p",
    "tool_reliability": """SELECT p, '', count(*) - count(nullif(status, 'ok')), count(*) FROM u
        WHERE status IS NOT NULL GROUP BY p
        UNION ALL
        SELECT p, tool_name, count(*) - count(nullif(status, 'ok')), count(*) FROM u WHERE status IS NOT NULL
        GROUP BY p, tool_name""",
    "escalation_rate": """, ended AS (FROM t WHERE status <> 'in_flight' OR escalated IS NOT NULL),
        reasons AS (
            SELECT p, '' AS slice,
                CASE WHEN bool_or(escalated) IS NOT NULL THEN sum(coalesce(escalated, false)::INTEGER) END AS k
            FROM ended GROUP BY p
            UNION ALL SELECT p, coalesce(escalation_reason, 'unknown'), count(*) FROM ended WHERE escalated GROUP BY ALL
        )
        SELECT p, slice, k, whole.n
        FROM reasons JOIN (SELECT p, count(*) AS n FROM ended GROUP BY p) AS whole USING (p)""",
    "guardrail_intervention_rate": """SELECT p, '',
            count(DISTINCT g.call_id) FILTER (g.action IN ('masked', 'blocked', 'intervened')),
            count(DISTINCT g.call_id)
        FROM c LEFT JOIN guardrail_checks AS g USING (call_id) GROUP BY p""",
}
JOBS = """SELECT p, agent_id, business_key, count(*) FILTER (verdict = 'success') AS good, count(*) AS tries
FROM t WHERE verdict IS NOT NULL AND business_key IS NOT NULL GROUP BY ALL"""
