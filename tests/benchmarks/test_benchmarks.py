"""The benchmarks run at a tiny size and print what they promise; their figures are nobody's test."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.figure import Cost, Figure, best_of
from benchmarks.records import SPANS_PER_TASK, span_lines
from benchmarks.warehouse import landing
from sql.warehouse import Warehouse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEPS = [
    "land a first batch",
    "read typed, the limit",
    "store typed, the limit",
    "land",
    "land without looking",
    "land the same once more",
    "build everything",
    "publish",
    "land one page",
    "build after one page",
    "publish again",
    "build with nothing new",
    "read_json of usage lines",
    "add up usage lines",
    "read_json of reports",
    "land Lambda reports",
    "read_json of event records",
    "land event records",
    "read_json of evaluations",
    "land evaluations",
    "run with nothing new",
    "cost by agent and day",
    "times by agent and day",
    "errors by tool",
    "twenty slowest tasks",
    "work done again by agent",
    "spend by model and version",
    "these six questions",
    "one trace",
    "run every KPI",
    "trivial page",
    "portfolio page, cold",
    "portfolio page, warm",
    "insights, all",
    "insights, one agent changed",
    "insights, nothing new",
    "page of spans, boto3",
    "page of spans, our client",
    "pages to rows, boto3",
    "pages to rows, our source",
    "GetMetricData, boto3",
    "GetMetricData, our client",
    "read_json of gz files",
    "land gz objects",
]


def test_every_step_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--spans", "200"]) == 0
    machine, _, *lines = capsys.readouterr().out.splitlines()
    assert "duckdb" in machine
    assert [line[:30].strip() for line in lines] == STEPS


def test_a_size_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--spans", "0"])
    assert stopped.value.code == 2
    assert "above 0" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_records() -> None:
    assert span_lines(25, NOON, DAY) == span_lines(25, NOON, DAY)
    assert span_lines(25, NOON, DAY, seed=2) != span_lines(25, NOON, DAY)


def test_records_are_whole_tasks_below_one_root() -> None:
    records = [json.loads(line) for line in span_lines(20, NOON, DAY)]
    roots = [record for record in records if record["parentSpanId"] is None]
    assert len(records) == 20
    assert len(roots) == 20 // SPANS_PER_TASK
    assert {record["parentSpanId"] for record in records} - {None} == {root["spanId"] for root in roots}


def test_a_figure_says_how_much_processor_time_and_memory_it_took() -> None:
    figure = Figure("land", 2_000, "spans", Cost(0.5, 0.9, 12.4), "0.70 of the limit's speed")
    assert figure.rate == 4_000
    assert " ".join(figure.line().split()) == "land 2,000 spans 500.0 900.0 4,000 12 0.70 of the limit's speed"


def test_costs_are_compared_by_processor_time() -> None:
    assert Cost(3.0, 1.0) / Cost(1.5, 9.0) == 2.0


def test_the_cheapest_of_several_runs_counts() -> None:
    runs: list[int] = []
    cost = best_of(3, lambda: runs.append(1))
    assert len(runs) == 3
    assert cost.cpu_s >= 0


def test_the_same_records_landed_twice_add_no_row(tmp_path: Path) -> None:
    lines = {figure.name: figure for figure in landing(tmp_path, span_lines(60, NOON.replace(tzinfo=None), DAY))}
    assert lines["land the same once more"].amount == 60
    assert "%" in lines["land without looking"].note
    assert not list(tmp_path.iterdir()), "what was landed to measure is removed"


def test_no_table_of_single_records_has_a_primary_key(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, kind="demo") as wh:
        keyed = wh._con.execute(
            """SELECT table_name FROM duckdb_constraints()
               WHERE schema_name = 'raw' AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')"""
        ).fetchall()
    assert keyed == []
