"""Findings that our own data shows, on spans made for them."""

from datetime import datetime
from pathlib import Path

import duckdb

from sql import finding
from sql.models import folder
from sql.warehouse import Warehouse

AT = datetime.fromisoformat("2026-11-20T12:00")


def shown(con: duckdb.DuckDBPyConnection, code: str) -> list[tuple[object, ...]]:
    """The offenders of one finding."""
    return con.execute(folder("findings")[code].sql).fetchall()


def spans(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Put spans into the raw table."""
    con.execute(
        "INSERT INTO raw.spans (trace_id, span_id, parent_span_id, agent_runtime, operation, dialect, model_requested, "
        f"started_at, duration_ms) {rows}"
    )


def test_spans_without_gen_ai_attributes_are_found(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        rows = "SELECT 't', range::VARCHAR, NULL, 'mute', NULL, NULL, NULL, TIMESTAMP '2026-11-20', 5 FROM range(12)"
        spans(warehouse._con, f"{rows} UNION ALL {rows.replace('mute', 'well').replace('NULL, NULL, NULL', chat())}")
        assert [row[2] for row in shown(warehouse._con, "spans_without_gen_ai")] == ["mute"]


def chat() -> str:
    """Operation, dialect and model of a chat span."""
    return "'chat', 'strands', 'm'"


def test_two_instrumentations_side_by_side_are_found_and_nested_ones_are_not(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        values = "'chat', '{}', 'm', TIMESTAMP '2026-11-20', 100.0)"
        one, other = values.format("strands"), values.format("openinference")
        both = f"('t', '1', 'p', 'twice', {one}, ('t', '2', 'p', 'twice', {other}"
        nested = f"('n', '1', 'p', 'once', {one}, ('n', '2', '1', 'once', {other}"
        spans(warehouse._con, f"VALUES {both}, {nested}")
        assert [row[2] for row in shown(warehouse._con, "duplicate_instrumentation")] == ["twice"]


def test_every_finding_runs_on_a_built_warehouse_and_is_published(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        assert warehouse.findings_in_data() == []
        warehouse.build(AT)
        assert warehouse.findings_in_data() == []
        made = finding.Finding("x", "error", "1", "r", "s", "wrong", "seen", ("success_rate",), "fix")
        warehouse.save_findings([made], AT)
        warehouse.check()
        assert warehouse.examined_at() == AT
        assert warehouse.publish(AT) is not None
    with duckdb.connect(str(tmp_path / "kpis.duckdb"), read_only=True) as con:
        assert con.execute("SELECT code, unknown FROM findings").fetchall() == [("x", "success_rate")]
        assert con.execute("SELECT value FROM org WHERE key = 'examined_at'").fetchall() == [(AT.isoformat(),)]


def test_what_the_data_shows_changes_with_every_build_and_what_aws_said_stays(tmp_path: Path) -> None:
    def saved(warehouse: Warehouse) -> list[tuple[object, ...]]:
        warehouse.build(AT)
        warehouse.check()
        return warehouse._con.execute("SELECT code, subject FROM ops.findings ORDER BY 1, 2").fetchall()

    asked = finding.Finding("transaction_search_off", "warning", "1", "r", "s", "wrong", "seen", (), "fix")
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        spans(warehouse._con, "SELECT 't', range::VARCHAR, NULL, 'mute', NULL, NULL, NULL, TIMESTAMP '2026-11-20', 5 "
              "FROM range(12)")  # fmt: skip
        warehouse.save_findings([asked], AT)
        assert saved(warehouse) == [("spans_without_gen_ai", "mute"), ("transaction_search_off", "s")]
        warehouse._con.execute("DELETE FROM raw.spans; INSERT INTO raw.touched VALUES ('trace', 't')")
        assert saved(warehouse) == [("transaction_search_off", "s")]
        warehouse.save_findings([], AT)
        assert saved(warehouse) == []
