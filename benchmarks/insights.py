"""From a published file to insights: 50 agents, more than twenty KPIs each, ninety days; and again after a change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.figure import Figure, best_of, cost_of
from metrics.insights.report import report
from sql.files import published_files
from sql.published import open_published

AGENTS, DAYS, TASKS = 50, 90, 40
RATES = (
    "accuracy", "success_rate", "completion_rate", "escalation_rate", "containment", "autonomy", "sla_attainment",
    "rework_rate", "judge_score", "error_rate", "throttle_rate", "tool_reliability", "guardrail_intervention_rate",
    "leakage", "label_coverage",
)  # fmt: skip
SUMS = ("task_volume", "spend")
TIMES = ("task_latency", "model_latency", "tool_latency", "time_to_first_token")
GRID = "FROM range($agents) a(agent), range($days) d(back), (VALUES ('refund'), ('return'), ('claim')) k(kind)"
OF_DAY = "'agent-' || agent AS agent_id, '1' AS agent_version, $last - back::INTEGER AS day, 'prod' AS environment"
FILL = (
    """INSERT INTO agents BY NAME SELECT 'agent-' || agent AS agent_id, 'Agent ' || agent AS agent_name,
        20.0 AS error_cost_usd, $from AS first_seen_at FROM range($agents) a(agent)""",
    f"""INSERT INTO kpi_daily BY NAME SELECT kpi, {OF_DAY}, kind AS task_type, '' AS slice, n, n AS denominator,
        n AS denominator_sq, n AS covered, n AS eligible,
        round(n * (0.9 - CASE WHEN agent % 10 = 0 AND kind = 'claim' AND back < 30 THEN 0.4 ELSE 0 END
            + 0.1 * (random() - 0.5))) AS numerator
        FROM (SELECT *, ($tasks / 3 + (hash(agent, back, kind) % 5))::BIGINT AS n {GRID}), unnest($rates) r(kpi)""",
    f"""INSERT INTO kpi_daily BY NAME SELECT 'drift' AS kpi, {OF_DAY}, kind AS task_type, slice, n AS numerator, n
        FROM (SELECT *, ($tasks / 3 + (hash(agent, back, kind) % 5))::BIGINT AS n {GRID}),
        unnest(['task_type=' || kind, 'model=nova-' || agent % 5]) s(slice)""",
    f"""INSERT INTO kpi_daily BY NAME SELECT kpi, {OF_DAY}, kind AS task_type, '' AS slice, n AS numerator, n,
        n AS covered, n AS eligible
        FROM (SELECT *, ($tasks / 3 + (hash(agent, back, kind) % 5))::BIGINT AS n {GRID}), unnest($sums) r(kpi)""",
    f"""INSERT INTO latency_buckets BY NAME SELECT kpi, {OF_DAY}, kind AS task_type, '' AS slice,
        400 + 7 * step::INTEGER AS bucket, 1 AS n, 1.0 AS sum_ms, 1.0 AS min_ms, 1.0 AS max_ms
        {GRID}, range(12) s(step), unnest($times) t(kpi)""",
    f"""INSERT INTO tasks BY NAME SELECT 'task-' || agent || '-' || back || '-' || one AS task_id, {OF_DAY},
        'refund' AS task_type, ($last - back::INTEGER)::TIMESTAMP AS started_at, true AS mature,
        0.05 + 0.02 * random() AS cost_usd, 'priced' AS cost_state, 2 AS model_calls, 2 AS priced_calls,
        1000 AS uncached_input_tokens, 500 AS cache_read_tokens, 100 AS output_tokens, 'success' AS status,
        'verdict' AS status_source
        FROM range($agents) a(agent), range($days) d(back), range($tasks) o(one)""",
    f"""INSERT INTO model_calls BY NAME SELECT 'call-' || agent || '-' || back || '-' || one || '-' || call AS call_id,
        'task-' || agent || '-' || back || '-' || one AS task_id, {OF_DAY}, 'refund' AS task_type,
        ($last - back::INTEGER)::TIMESTAMP AS started_at, 'nova-' || agent % 5 AS model, 'priced' AS price_state,
        500 AS uncached_input_tokens, 250 AS cache_read_tokens, 50 AS output_tokens, 0.03 AS cost_usd, false AS is_error
        FROM range($agents) a(agent), range($days) d(back), range($tasks) o(one), range(2) c(call)""",
)
CHANGE = "UPDATE kpi_daily SET numerator = floor(numerator * 0.99) WHERE kpi = 'accuracy' AND agent_id = 'agent-1'"


def measure(home: Path, folder: Path, now: datetime) -> Iterator[Figure]:
    """All insights of a filled file; then with one agent that changed, and with nothing new."""
    fill(home, folder, now)
    published = open_published(folder)
    everything = cost_of(lambda: report(published))
    found = report(published)
    streams = found.budget.streams
    yield Figure("insights, all", streams, "streams", everything, f"{AGENTS} agents × {DAYS} days")
    again = best_of(3, lambda: report(published, found))
    published.close()
    changed = open_published(_changed(folder))
    one = best_of(3, lambda: report(changed, found))
    changed.close()
    yield Figure("insights, one agent changed", streams, "streams", one, f"{one / everything:.2f} of all")
    yield Figure("insights, nothing new", streams, "streams", again, f"{again / everything:.3f} of all")


def _changed(folder: Path) -> Path:
    """A home of its own with the same file, in which one agent's days are otherwise."""
    path = published_files(folder)[-1]
    other = folder / "changed"
    (other / "published").mkdir(parents=True)
    copy = other / "published" / path.name
    shutil.copyfile(path, copy)
    with duckdb.connect(str(copy)) as con:
        con.execute(CHANGE)
    return other


def fill(home: Path, folder: Path, now: datetime) -> None:
    """A copy of a published file with the rows of many agents in place of its own."""
    (folder / "published").mkdir(parents=True)
    path = folder / "published" / published_files(home)[-1].name
    shutil.copyfile(published_files(home)[-1], path)
    last = (now - timedelta(days=1)).date()
    params = {
        "agents": AGENTS, "days": DAYS, "tasks": TASKS, "rates": list(RATES), "times": list(TIMES), "sums": list(SUMS),
        "last": last, "from": now - timedelta(days=DAYS),
    }  # fmt: skip
    with duckdb.connect(str(path)) as con:
        con.execute("SELECT setseed(0.5)")
        for table in ("agents", "kpi_daily", "latency_buckets", "tasks", "changes", "targets", "model_calls"):
            con.execute(f"DELETE FROM {table}")
        for statement in FILL:
            con.execute(statement, {name: value for name, value in params.items() if f"${name}" in statement})
        con.execute("DELETE FROM org WHERE key = 'data_through_at'")
        con.execute("INSERT INTO org VALUES ('data_through_at', $1)", [now.isoformat(sep=" ", timespec="seconds")])
