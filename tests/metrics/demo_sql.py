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
_PRICES = """, valid AS (
        SELECT c.call_id, x.token_kind, x.usd_per_mtok AS usd
        FROM c JOIN prices AS x ON x.model = c.model AND x."scope" = c.model_scope AND x.tier = 'default'
            AND x.region = '' AND x.context = 'standard'
            AND c.started_at::DATE >= x.valid_from AND c.started_at::DATE < coalesce(x.valid_to, DATE '9999-12-31'))"""
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
                  AND (kind = 'outcome' AND label_source = 'system' OR kind = 'human' AND inclusion_probability > 0
                      AND rubric NOT IN ('escalation.needed', 'guardrail.right'))
            ) AS known USING (task_id)
            WHERE t.mature AND coalesce(t.escalated, false) = false
            QUALIFY row_number() OVER (
                PARTITION BY task_id ORDER BY kind = 'outcome' DESC, labelled_at DESC, label_id DESC) = 1
        ) GROUP BY p""",
    "reported_problems": """SELECT p, '', count(DISTINCT t.task_id) FILTER (l.score < 0.5), NULL
        FROM t LEFT JOIN labels AS l ON l.task_id = t.task_id AND l.kind = 'human'
            AND l.rubric NOT IN ('escalation.needed', 'guardrail.right') AND l.inclusion_probability IS NULL
        GROUP BY p""",
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
    "cache_savings": f"""{_PRICES}
        SELECT p, '', sum(CASE WHEN cost_usd IS NOT NULL THEN ((
                cache_read_tokens * (plain.usd - coalesce(r.usd, 0))
                + coalesce(cache_write_5m_tokens, 0) * (plain.usd - coalesce(w.usd, 0))
            ) / 1000000)::DECIMAL(18,9) END), NULL
        FROM c
        LEFT JOIN valid AS plain ON plain.call_id = c.call_id AND plain.token_kind = 'input'
        LEFT JOIN valid AS r ON r.call_id = c.call_id AND r.token_kind = 'cache_read'
        LEFT JOIN valid AS w ON w.call_id = c.call_id AND w.token_kind = 'cache_write_5m'
        GROUP BY p""",
    "error_rate": "SELECT p, '', sum(CASE WHEN is_error THEN 1 ELSE 0 END), count(is_error) FROM c GROUP BY p",
    "throttle_rate": "SELECT p, '', sum(CASE WHEN throttled THEN 1 ELSE 0 END), count(throttled) FROM c GROUP BY p",
    "tool_reliability": """SELECT p, '', count(*) - count(nullif(status, 'ok')), count(*) FROM u
        WHERE status IS NOT NULL GROUP BY p
        UNION ALL
        SELECT p, tool_name, count(*) - count(nullif(status, 'ok')), count(*) FROM u WHERE status IS NOT NULL
        GROUP BY p, tool_name""",
    "tool_first_try": """, tried AS (FROM u WHERE status IS NOT NULL AND NOT is_retry)
        SELECT p, '', count(*) - count(nullif(status, 'ok')), count(*) FROM tried GROUP BY p
        UNION ALL
        SELECT p, tool_name, count(*) - count(nullif(status, 'ok')), count(*) FROM tried GROUP BY p, tool_name""",
    "tool_failures": """SELECT p, '', count(nullif(status, 'ok')), count(status) FROM u GROUP BY p
        UNION ALL
        SELECT p, status, count(*), any_value(calls) FROM u JOIN (
            SELECT p, count(status) AS calls FROM u GROUP BY p) AS every USING (p)
        WHERE status <> 'ok' GROUP BY p, status""",
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
        FROM c LEFT JOIN guardrail_checks AS g USING (call_id) GROUP BY p
        UNION ALL SELECT p, slice, count(DISTINCT call_id), max(assessed)
        FROM (SELECT c.p, c.call_id, unnest([g.source, g.policy]) AS slice,
                  (SELECT count(DISTINCT o.call_id) FROM c AS o JOIN guardrail_checks USING (call_id)
                   WHERE o.p = c.p) AS assessed
              FROM c JOIN guardrail_checks AS g USING (call_id) WHERE g.action IN ('masked', 'blocked'))
        GROUP BY p, slice""",
}
_FOLLOWED = "t.agent_id IN (SELECT agent_id FROM escalations WHERE picked_up_at IS NOT NULL)"
FIGURES["waiting_handovers"] = f""", told AS (
        SELECT t.p, x.target, x.picked_up_at, {_FOLLOWED} AS followed FROM t JOIN escalations AS x USING (task_id))
    SELECT p, '', sum((picked_up_at IS NULL)::INTEGER) FILTER (followed), count(*) FILTER (followed)
    FROM told GROUP BY p
    UNION ALL
    SELECT p, target, sum((picked_up_at IS NULL)::INTEGER) FILTER (followed), count(*) FILTER (followed)
    FROM told GROUP BY p, target"""
LATENCY["pickup_time"] = (
    """(SELECT t.p, epoch_us(x.picked_up_at) / 1000 - epoch_us(t.ended_at) / 1000 AS waited
        FROM t JOIN escalations AS x USING (task_id))""",
    "true",
    "waited",
)
FIGURES["guardrail_precision"] = """SELECT p, '', count(*) FILTER (was_right = 1), count(was_right) FROM (
        SELECT DISTINCT c.p, c.agent_id, c.agent_version, c.environment, c.task_type, c.day, c.task_id,
            (SELECT (l.score >= 0.5)::INTEGER FROM labels AS l
             WHERE l.task_id = c.task_id AND l.kind = 'human' AND l.rubric = 'guardrail.right') AS was_right
        FROM c WHERE c.guardrail_action IN ('masked', 'blocked', 'intervened'))
    GROUP BY p"""
_ENDED = "FROM t WHERE mature AND coalesce(status, '') NOT IN ('abandoned', 'cancelled', 'in_flight')"
_HELPED = "(coalesce(escalated, false) OR coalesce(corrected, false) OR coalesce(human_minutes, 0) > 0)"
_WORTH = """, worth AS (
        SELECT t.*, coalesce(t.baseline_minutes, a.baseline_minutes) AS usual, a.hourly_rate_usd / 60 AS rate,
            a.error_cost_usd AS error_cost
        FROM t JOIN agents AS a ON a.agent_id = t.agent_id
        WHERE t.mature AND coalesce(t.baseline_minutes, a.baseline_minutes) > 0
    )"""
FIGURES |= {
    "containment": f"""SELECT p, '', sum(({_HELPED} = false)::INTEGER), count(*) {_ENDED}
        AND coalesce(verdict, escalated::VARCHAR, corrected::VARCHAR, human_minutes::VARCHAR) IS NOT NULL GROUP BY p""",
    "autonomy": f"""SELECT p, '', sum((verdict = 'success' AND {_HELPED} = false)::INTEGER), count(*)
        {_ENDED} AND (verdict IS NOT NULL OR {_HELPED}) GROUP BY p""",
    "leakage": """SELECT p, '', sum((coalesce(escalated, false) = false)::INTEGER), count(*)
        FROM t JOIN agents AS a ON a.agent_id = t.agent_id
        WHERE t.mature AND t.confidence < a.confidence_threshold AND coalesce(verdict, escalated::VARCHAR) IS NOT NULL
        GROUP BY p""",
    "minutes_saved": f"""{_WORTH} SELECT p, '',
            sum(60000 * (CASE WHEN verdict = 'success' THEN usual ELSE 0 END - coalesce(human_minutes, 0))), NULL
        FROM worth WHERE verdict IS NOT NULL OR human_minutes IS NOT NULL GROUP BY p""",
    "net_value": f"""{_WORTH} SELECT p, '', sum(
            CASE WHEN verdict = 'success' THEN usual * rate ELSE 0 END
            - coalesce(cost_usd, 0)::DOUBLE - coalesce(human_minutes, 0) * rate
            - CASE WHEN status = 'failed' AND {_HELPED} = false THEN coalesce(error_cost, 0) ELSE 0 END), NULL
        FROM worth WHERE rate IS NOT NULL GROUP BY p""",
    "sla_attainment": """, kept AS (
            SELECT t.p, t.status,
                t.ended_at IS NOT NULL AND t.duration_ms <= a.deadline_minutes * 60000 AS in_time,
                t.confidence < a.confidence_threshold AND coalesce(t.escalated, false) = false AS leaked,
                t.status = 'success' OR coalesce(t.escalated, false) AS good,
                t.status IS NOT NULL OR coalesce(t.escalated, false) AS known
            FROM t JOIN agents AS a ON a.agent_id = t.agent_id
            WHERE a.deadline_minutes > 0 AND t.mature AND coalesce(t.status, '') <> 'cancelled')
        SELECT p, '', sum((in_time AND good AND coalesce(leaked, false) = false)::INTEGER), count(*)
        FROM kept WHERE known OR leaked OR in_time = false GROUP BY p""",
    "rework_rate": """SELECT t.p, '', sum((coalesce(t.corrected, false) OR t.task_id IN (
                SELECT a.task_id FROM tasks AS a JOIN tasks AS b ON a.agent_id = b.agent_id
                    AND a.business_key = b.business_key AND a.task_id <> b.task_id
                WHERE b.started_at > a.started_at AND b.started_at - INTERVAL 168 HOUR <= a.started_at
            ))::INTEGER), count(*)
        FROM t WHERE t.status = 'success' AND (t.business_key IS NOT NULL OR t.corrected IS NOT NULL) GROUP BY t.p""",
    "judge_score": """, verdicts AS (
            SELECT t.p, t.task_id, l.rubric, avg(l.score) >= 0.5 AS passed
            FROM t JOIN labels AS l USING (task_id)
            WHERE t.mature AND l.kind = 'judge' AND l.score IS NOT NULL
                AND (l.evaluator IS NULL OR l.evaluator IN (
                    SELECT evaluator_arn FROM evaluators WHERE polarity = 'higher_is_better'))
            GROUP BY ALL)
        SELECT p, rubric, sum(passed::INTEGER), count(*) FROM verdicts GROUP BY ALL
        UNION ALL
        SELECT p, '', sum(passed::INTEGER), count(*)
        FROM (SELECT p, task_id, min(passed) AS passed FROM verdicts GROUP BY ALL) GROUP BY p""",
}
# Numbers that are made of more than one sum over another are held on rows made by hand (test_judging.py; those of
# people's time in test_kpi_cases.py).
BY_HAND = {
    *("full_cost_per_success", "judge_agreement", "escalation_precision", "calibration", "drift"),
    *("loop_velocity", "loop_closed"),
}
JOBS = """SELECT p, agent_id, business_key, count(*) FILTER (verdict = 'success') AS good, count(*) AS tries
FROM t WHERE verdict IS NOT NULL AND business_key IS NOT NULL GROUP BY ALL"""
