"""A ledger in memory: marts filled by hand, parts made by the KPI files, read like the published file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from metrics.catalogue import Kpi, catalogue
from metrics.model import Value
from sql import fetched
from sql.models import folder

DAY = date(2026, 3, 2)
START, END = DAY, DAY + timedelta(days=7)
GRAIN = "kpi VARCHAR, agent_id VARCHAR, agent_version VARCHAR, day DATE, task_type VARCHAR, environment VARCHAR"
COMMON = "agent_id VARCHAR, agent_version VARCHAR, task_type VARCHAR, environment VARCHAR, day DATE"
STARTED = f"{COMMON}, started_at TIMESTAMP"
TABLES = {
    "tasks": f"""task_id VARCHAR, business_key VARCHAR, {COMMON}, started_at TIMESTAMP,
        ended_at TIMESTAMP, duration_ms DOUBLE,
        status VARCHAR, status_source VARCHAR, verdict VARCHAR, mature BOOLEAN, cost_usd DECIMAL(18,9),
        cost_state VARCHAR,
        model_calls BIGINT, tool_calls BIGINT, priced_calls BIGINT, escalated BOOLEAN, escalation_reason VARCHAR,
        truth_score DOUBLE, truth_weight DOUBLE, truth_source VARCHAR, human_labels BIGINT, judge_labels BIGINT,
        outcome_labels BIGINT, confidence DOUBLE, corrected BOOLEAN, human_minutes DOUBLE, baseline_minutes DOUBLE,
        baseline_low_minutes DOUBLE, baseline_high_minutes DOUBLE, human_touch BOOLEAN, output_tokens BIGINT,
        value_usd DECIMAL(18,9), deadline_minutes DOUBLE, uncached_input_tokens BIGINT, cache_read_tokens BIGINT,
        cache_write_tokens BIGINT, segment MAP(VARCHAR, VARCHAR), reason VARCHAR""",
    "gaps": "source VARCHAR, from_at TIMESTAMP, to_at TIMESTAMP",
    "labels": """label_id VARCHAR, task_id VARCHAR, agent_id VARCHAR, kind VARCHAR, rubric VARCHAR, score DOUBLE,
        good DOUBLE, label_source VARCHAR, inclusion_probability DOUBLE, labelled_at TIMESTAMP, evaluator VARCHAR,
        judge VARCHAR""",
    "actions": """action_id VARCHAR, title VARCHAR, agent_id VARCHAR, day DATE, taken_at TIMESTAMP,
        insight_at TIMESTAMP, verdict_at TIMESTAMP, verdict VARCHAR""",
    "handovers": f"""handover_id VARCHAR, task_id VARCHAR, {COMMON}, source VARCHAR, queue VARCHAR,
        handed_over_at TIMESTAMP, followed BOOLEAN, picked_up_at TIMESTAMP, dropped_at TIMESTAMP, pickup_ms DOUBLE""",
    "model_calls": f"""call_id VARCHAR, task_id VARCHAR, {STARTED}, duration_ms DOUBLE, ttft_ms DOUBLE, model VARCHAR,
        uncached_input_tokens BIGINT, cache_read_tokens BIGINT, cache_write_5m_tokens BIGINT,
        cache_write_1h_tokens BIGINT, output_tokens BIGINT, is_error BOOLEAN, throttled BOOLEAN,
        guardrail_action VARCHAR, guardrail_assessed BOOLEAN, cost_usd DECIMAL(18,9), price_state VARCHAR,
        cache_savings_usd DECIMAL(18,9), error_code VARCHAR""",
    "guardrail_checks": f"""check_id VARCHAR, call_id VARCHAR, task_id VARCHAR, {COMMON}, source VARCHAR,
        policy VARCHAR, action VARCHAR""",
    "tool_calls": f"""span_id VARCHAR, trace_id VARCHAR, task_id VARCHAR, {STARTED}, tool_name VARCHAR,
        tool_version VARCHAR, duration_ms DOUBLE, status VARCHAR, is_retry BOOLEAN""",
    "agents": """agent_id VARCHAR, agent_name VARCHAR, first_seen_at TIMESTAMP, confidence_threshold DOUBLE,
        hourly_rate_usd DOUBLE, error_cost_usd DOUBLE, setup_cost_usd DOUBLE, monthly_cost_usd DOUBLE,
        monthly_budget_usd DOUBLE, deadline_minutes DOUBLE, baseline_minutes DOUBLE, team VARCHAR, product VARCHAR""",
    "targets": "agent_id VARCHAR, kpi VARCHAR, target DOUBLE, limit_kind VARCHAR, valid_from DATE, valid_to DATE",
    "kpi_catalogue": "kpi VARCHAR, head JSON, definition VARCHAR, own BOOLEAN",
    "org": "key VARCHAR, value VARCHAR",
    "kpi_daily": f"""{GRAIN}, slice VARCHAR, numerator DOUBLE, denominator DOUBLE, n BIGINT, numerator_sq DOUBLE,
        denominator_sq DOUBLE, cross_sum DOUBLE, covered BIGINT, eligible BIGINT""",
    "latency_buckets": f"{GRAIN}, slice VARCHAR, bucket INTEGER, n BIGINT, sum_ms DOUBLE, min_ms DOUBLE, max_ms DOUBLE",
    "kpi_groups": f"{GRAIN}, group_key VARCHAR, numerator DOUBLE, denominator DOUBLE",
}
DD_IDX = """CREATE MACRO dd_idx(x) AS CASE WHEN x IS NULL THEN NULL WHEN x <= 0 THEN -2147483648
    ELSE ceil(ln(x) / ln(1.01::DOUBLE / 0.99::DOUBLE) - 1e-12)::INTEGER END"""
DEFAULTS: dict[str, dict[str, Any]] = {
    "tasks": {
        "agent_id": "refunds", "agent_version": "1", "task_type": "refund", "environment": "prod", "day": DAY,
        "ended_at": "2026-03-02 12:00:00", "duration_ms": 1000.0, "status": "success", "status_source": "verdict",
        "mature": True, "cost_usd": 0.5, "model_calls": 2, "priced_calls": 2, "escalated": False, "human_touch": False,
    },
    "model_calls": {
        "agent_id": "refunds", "agent_version": "1", "task_type": "refund", "environment": "prod", "day": DAY,
        "duration_ms": 400.0, "model": "nova", "is_error": False, "throttled": False, "guardrail_assessed": False,
    },
    "handovers": {
        "agent_id": "refunds", "agent_version": "1", "task_type": "refund", "environment": "prod", "day": DAY,
        "handed_over_at": "2026-03-02 12:00:00", "queue": "care", "followed": True,
    },
    "tool_calls": {
        "agent_id": "refunds", "agent_version": "1", "task_type": "refund", "environment": "prod", "day": DAY,
        "tool_name": "lookup", "duration_ms": 50.0, "status": "ok", "is_retry": False,
    },
}  # fmt: skip

# What every call has, whatever else is known of it; the task is not among it.
IDS = {"model_calls": ("call_id",), "tool_calls": ("trace_id", "span_id"), "handovers": ("handover_id",)}


class Ledger:
    """The two members of a published file that the metrics room reads, over tables filled by hand."""

    version = "test"

    def __init__(self, **org: str) -> None:
        self.con = duckdb.connect()
        self.added = 0
        self.con.execute(DD_IDX)
        for name, columns in TABLES.items():
            self.con.execute(f"CREATE TABLE {name} ({columns})")
        for name, model in folder("by_task").items():
            self.con.execute(f"CREATE VIEW {name} AS {model.sql}")
        settings = {"timezone": "UTC", "data_through_at": "2026-12-31 00:00:00"} | org
        self.insert("org", [{"key": key, "value": value} for key, value in settings.items()])

    def rows(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[dict[str, Any]]:
        """The result of a SELECT with $name parameters."""
        return fetched.rows(self.con.execute(query, dict(params or {})))

    def rows_with_arrays(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[dict[str, Any]]:
        """The same with every list of numbers as a numpy array."""
        return fetched.rows_with_arrays(self.con.execute(query, dict(params or {})))

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows; what a row leaves out is NULL."""
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            self.con.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))

    def add(self, table: str, *rows: Mapping[str, Any], times: int = 1) -> Ledger:
        """Append rows that differ from the usual ones as given, each so many times."""
        for row in (row for row in rows for _ in range(times)):
            self.added += 1
            own = {name: f"{name}-{self.added}" for name in IDS.get(table, ())}
            self.insert(table, [DEFAULTS[table] | own | row])
        return self

    def build(self, *kpis: str) -> Ledger:
        """Compute the parts of the KPIs (all by default) from the marts."""
        for kpi in kpis or tuple(catalogue()):
            store_parts(self.con, catalogue()[kpi])
        return self

    def shuffle(self, seed: int) -> Ledger:
        """Put the parts into another order."""
        for table in ("kpi_daily", "latency_buckets", "kpi_groups"):
            rows = self.rows(
                f"SELECT * FROM {table} AS part ORDER BY hash(part::VARCHAR || $seed)", {"seed": str(seed)}
            )
            self.con.execute(f"DELETE FROM {table}")
            self.insert(table, rows)
        return self


def assert_adds_up(sums: Mapping[str, Any], value: Value) -> None:
    """Rows behind a number add up to its parts: to numerator and denominator where it has them, and in number to n."""
    kpi = catalogue()[value.kpi]
    if kpi.kind != "quantile":
        assert (sums["amount"] or 0) == pytest.approx(value.numerator or 0, rel=1e-9, abs=1e-9)
    if value.denominator is not None:
        assert (sums["base"] or 0) == pytest.approx(value.denominator, rel=1e-9)
    if value.kpi != "minutes_saved":  # people's minutes count without a verdict, which is what n counts
        assert sums["rows"] == value.n


def store_parts(con: duckdb.DuckDBPyConnection, kpi: Kpi) -> None:
    """Put a KPI's parts where the build puts them."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE parts AS {kpi.sql}")
    columns = [row[0] for row in con.execute("DESCRIBE parts").fetchall()]
    whole = "" if "slice" in columns or kpi.kind == "pass_k" else ", '' AS slice"
    con.execute(f"INSERT INTO {kpi.parts_table} BY NAME SELECT '{kpi.id}' AS kpi, *{whole} FROM parts")
