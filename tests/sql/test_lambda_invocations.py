"""Lambda reports: both forms in, exact rows out, each attempt counted once; whose they are and what they cost."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sql.host_records import FUNCTION, TRACE, after, declared, hosted, spool
from tests.sql.support import ACCOUNT, NOW, REGION, one, rows, warehouse


def report(end: str = "", request: str = "r-1", **facts: Any) -> str:
    """A text report, as the collector hands it over."""
    used = "Duration: 201.67 ms\tBilled Duration: 202 ms\tMemory Size: 2048 MB\tMax Memory Used: 81 MB\t"
    owner = {"function": "tools", "version": "$LATEST", "architecture": "x86_64", **facts}
    return json.dumps(owner | {"line": f"REPORT RequestId: {request}\t{used}{end}"})


def record(request: str = "r-1", architecture: str = "x86_64", **more: Any) -> str:
    """A JSON report, as the collector hands it over."""
    metrics = {"durationMs": 101.51, "billedDurationMs": 300, "memorySizeMB": 512, "maxMemoryUsedMB": 33}
    inner = {"requestId": request, "metrics": metrics | more.pop("metrics", {}), **more}
    owner = {"function": "tools", "version": "7", "architecture": architecture}
    return json.dumps(owner | {"report": {"time": "t", "type": "platform.report", "record": inner}})


FIGURES = "duration_ms, billed_ms, memory_mb, memory_used_mb, init_ms, status, error_type, trace_id"


REPORTS: list[tuple[str, tuple[Any, ...]]] = [
        (report(), (201.67, 202.0, 2048, 81, None, None, None, None)),
        (report("Init Duration: 480.25 ms\t"), (201.67, 202.0, 2048, 81, 480.25, None, None, None)),
        (report("Status: timeout"), (201.67, 202.0, 2048, 81, None, "timeout", None, None)),
        (
            report("Status: error\tError Type: Runtime.ExitError\t"),
            (201.67, 202.0, 2048, 81, None, "error", "Runtime.ExitError", None),
        ),
        (
            report("\nXRAY TraceId: 1-61c86fa4-59b3c6d959653c527fd10966\tSegmentId: 107ea78a5750a811\tSampled: true\t"),
            (201.67, 202.0, 2048, 81, None, None, None, TRACE),
        ),
        (
            report("Restore Duration: 544.11 ms\tBilled Restore Duration: 100 ms\t"),
            (201.67, 202.0, 2048, 81, None, None, None, None),
        ),
        (record(status="success"), (101.51, 300.0, 512, 33, None, "ok", None, None)),
        (
            record(status="timeout", metrics={"initDurationMs": 116.67, "durationMs": 3000.0}),
            (3000.0, 300.0, 512, 33, 116.67, "timeout", None, None),
        ),
        (
            record(status="error", errorType="Runtime.ExitError"),
            (101.51, 300.0, 512, 33, None, "error", "Runtime.ExitError", None),
        ),
        (record(status="failure"), (101.51, 300.0, 512, 33, None, "error", None, None)),
        (
            record(status="success", tracing={"type": "X-Amzn-Trace-Id", "spanId": "2",
                   "value": "Root=1-61c86fa4-59b3c6d959653c527fd10966;Parent=35465b3a9e2f7c6a;Sampled=1"}),
            (101.51, 300.0, 512, 33, None, "ok", None, TRACE),
        ),
        (record(metrics={"billedDurationMs": None, "durationMs": 0}), (None, None, 512, 33, None, None, None, None)),
]  # fmt: skip


def test_every_form_of_a_report_gives_its_figures(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        for minute, (text, _) in enumerate(REPORTS):
            landed = spool(wh, "lambda_reports", text, at=minute)
            assert (landed.rows_new, landed.rejects, landed.skipped) == (1, {}, {})
        assert rows(wh, f"SELECT {FIGURES} FROM raw.lambda_reports ORDER BY reported_at") == [row for _, row in REPORTS]


def test_lines_of_another_kind_are_skipped_and_broken_ones_rejected(tmp_path: Path) -> None:
    other = json.dumps({"function": "tools", "report": {"type": "platform.start", "record": {"requestId": "r"}}})
    said = json.dumps({"function": "tools", "report": {"message": '"platform.report"'}})
    nameless, broken = report(request=""), '{"function":"tools","report":{"type": "platform.report"'
    with warehouse(tmp_path) as wh:
        landed = spool(wh, "lambda_reports", other, said, record(request=""), nameless, broken, report())
        assert landed.skipped == {"other_line": 2}
        assert landed.rejects == {"malformed_json": 1, "missing_id": 2}
        assert landed.rows_new == 1


def test_attempts_of_one_request_count_each_and_the_same_report_once(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted("tools"))) as wh:
        for at in (10, 11, 11, 13):
            spool(wh, "lambda_reports", report("Status: timeout"), at=at)
        wh.build(NOW)
        assert one(wh, "SELECT count(*), count(DISTINCT request_id) FROM mart.lambda_invocations") == (3, 1)


def test_an_invocation_becomes_one_row_with_agent_start_and_estimated_cost(tmp_path: Path) -> None:
    with warehouse(tmp_path, declared(hosted(FUNCTION))) as wh:
        spool(wh, "lambda_reports", report("Init Duration: 480.25 ms\t"))
        spool(wh, "lambda_reports", record("r-2", "arm64", status="success"), record("r-3", "riscv"), at=11)
        wh.build(NOW)
        first, second, third = rows(wh, "FROM mart.lambda_invocations ORDER BY request_id")
    assert first == (
        "r-1", ACCOUNT, REGION, "tools", "$LATEST", "refund", None, date(2026, 11, 2),
        after(10) - timedelta(microseconds=201_670), after(10), 201.67, 202.0, 480.25, 2048, 81, None, None, "x86_64",
        Decimal("0.000006933"), "estimated",  # 0.404 GB-s and one request
    )  # fmt: skip
    assert (second[4], second[5], second[15], second[19]) == ("7", "refund", "ok", "estimated")
    assert second[18] == Decimal("0.000002200")  # 0.15 GB-s and one request
    assert third[18:] == (None, "unpriced")


@pytest.mark.parametrize(
    ("hosts", "agent"),
    [
        ({"a": "tools"}, "a"),
        ({"a": f"{FUNCTION}:live"}, "a"),
        ({"a": FUNCTION, "b": f"{FUNCTION}:$LATEST"}, "b"),
        ({"a": FUNCTION, "b": "tools"}, None),
        ({"a": FUNCTION.replace(REGION, "eu-west-1")}, None),
        ({"a": FUNCTION.replace(ACCOUNT, "9" * 12), "b": "tools-2"}, None),
    ],
)
def test_an_invocation_belongs_to_the_one_agent_that_names_its_function(
    hosts: dict[str, str], agent: str | None, tmp_path: Path
) -> None:
    with warehouse(tmp_path, declared(*(hosted(host, agent=name) for name, host in hosts.items()))) as wh:
        spool(wh, "lambda_reports", report())
        wh.build(NOW)
        assert one(wh, "SELECT agent_id FROM mart.lambda_invocations") == (agent,)
