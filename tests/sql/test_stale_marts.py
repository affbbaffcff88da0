"""A build makes only what read something that changed, and leaves the rest as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sql import build as building
from sql.models import Model
from sql.warehouse import Scope, Warehouse
from tests.sql.support import ACCOUNT, NOW, REGION, agent_span, chat, land, rows, warehouse
from tests.sql.test_landing import METRIC


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The marts that builds have made, in order."""
    names: list[str] = []
    usual = building._replace

    def noted(con: Any, rows: Any, model: Model, *, full: bool) -> None:
        names.append(model.name)
        usual(con, rows, model, full=full)

    monkeypatch.setattr(building, "_replace", noted)
    return names


def land_point(wh: Warehouse) -> None:
    """Land one metric point."""
    with wh.transaction():
        wh.land_rows("metric_points", [METRIC], (), Scope("cloudwatch_metrics", ACCOUNT, REGION, "AWS/Bedrock"))


def test_a_metric_makes_the_metrics_again_and_no_task(tmp_path: Path, made: list[str]) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), chat("1", "b", "a")])
        wh.build(NOW)
        everything = list(made)
        made.clear()
        land_point(wh)
        report = wh.build(NOW)
        assert (report.full, report.traces) == (False, 0)
        assert made == ["metric_points"]
        assert rows(wh, "SELECT value FROM mart.metric_points") == [(4.0,)]
        assert rows(wh, "SELECT count(*) FROM mart.tasks") == [(1,)]
    assert set(made) < set(everything)


def test_a_trace_makes_the_tasks_again_and_leaves_the_metrics(tmp_path: Path, made: list[str]) -> None:
    with warehouse(tmp_path) as wh:
        land_point(wh)
        land(wh, [agent_span("1"), chat("1", "b", "a")])
        wh.build(NOW)
        made.clear()
        land(wh, [agent_span("2"), chat("2", "b", "a")], start=10)
        assert wh.build(NOW).traces == 1
        assert {"tasks", "model_calls", "spans", "agents", "reconciliation"} <= set(made)
        assert {"metric_points", "usage", "executions", "lambda_invocations", "list_prices"}.isdisjoint(made)
        assert rows(wh, "SELECT count(*) FROM mart.metric_points") == [(1,)]


def test_nothing_new_makes_nothing(tmp_path: Path, made: list[str]) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1")])
        wh.build(NOW)
        made.clear()
        assert not wh.build(NOW).did_something
    assert made == []
