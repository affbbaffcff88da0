"""The benchmarks run at a tiny size and print what they promise; their figures are nobody's test."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.__main__ import main
from benchmarks.figure import Figure
from benchmarks.records import SPANS_PER_TASK, span_lines

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_every_step_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--spans", "200"]) == 0
    machine, *lines = capsys.readouterr().out.splitlines()
    assert "duckdb" in machine
    assert [line[:26].strip() for line in lines] == [
        "read_json into a table",
        "land",
        "build everything",
        "land one page",
        "build after one page",
        "publish",
        "read_json of usage lines",
        "add up usage lines",
        "read_json of reports",
        "land Lambda reports",
        "read_json of event records",
        "land event records",
        "read_json of evaluations",
        "land evaluations",
        "run every KPI",
        "trivial page",
        "portfolio page, cold",
        "portfolio page, warm",
        "read_json of gz files",
        "land gz objects",
    ]


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


def test_a_figure_says_how_fast_it_was() -> None:
    figure = Figure("land", 2_000, "spans", 0.5, "0.70 of the baseline's speed")
    assert figure.rate == 4_000
    assert " ".join(figure.line().split()) == "land 2,000 spans 500.0 ms 4,000 /s 0.70 of the baseline's speed"
