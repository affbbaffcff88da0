"""python -m metrics backtest: the new definition beside the published one, told in rows and in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metrics import __main__ as cli
from metrics.catalogue import FOLDER

GOOD = (FOLDER / "success_rate.sql").read_text(encoding="utf-8")
PERIOD = ["--from", "2026-10-05", "--to", "2026-10-19"]


@pytest.fixture
def home(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that sees the demo account's published files."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "published").symlink_to(demo_home / "published")
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def candidate(home: Path, text: str) -> list[str]:
    """The arguments that name a candidate with this text."""
    (home / "candidate.sql").write_text(text, encoding="utf-8")
    return ["--file", str(home / "candidate.sql")]


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[dict[str, Any]], str]:
    """The records and the summary of one backtest."""
    assert cli.main(["backtest", *arguments, *PERIOD, "--format", "json"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_the_same_definition_differs_nowhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, summary = asked(capsys, "success_rate")
    assert len(rows) == 14
    assert {row["difference"] for row in rows} == {0.0}
    assert summary == "Published version 2 beside version 2 of success_rate: 0 of 14 days differ. No state changes.\n"


def test_a_stricter_definition_is_told_by_day_with_its_interval(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stricter = GOOD.replace("AND status = 'success'", "AND status = 'success' AND escalated IS NOT TRUE")
    rows, summary = asked(capsys, "success_rate", *candidate(home, stricter))
    assert all(row["new"] <= row["old"] and row["low"] <= row["new"] <= row["high"] for row in rows)
    assert any(row["difference"] != 0 for row in rows)
    assert "of 14 days differ. On average -" in summary
    assert "; most on 2026-10-" in summary


def test_fewer_records_change_the_state_and_the_summary_counts_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = GOOD.replace("FROM tasks", "FROM tasks WHERE hash(task_id) % 20 = 0")
    rows, summary = asked(capsys, "success_rate", *candidate(home, fewer))
    assert {row["state"] for row in rows} <= {"low_n", None}
    assert "ok → low_n" in summary


def test_quantiles_and_weeks_are_compared_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "task_latency.sql").read_text(encoding="utf-8")
    slower = candidate(home, text.replace("WHERE mature", "WHERE mature AND duration_ms > 5000"))
    rows, summary = asked(capsys, "task_latency", *slower, "--by", "week")
    assert [row["slice"] for row in rows] == ["p50", "p95", "p99"] * 2
    assert all(row["new"] >= row["old"] for row in rows)
    assert "of 6 values differ" in summary


def test_a_new_kpi_has_nothing_to_be_compared_with(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, summary = asked(capsys, "my_rate", *candidate(home, GOOD), "--by", "total")
    assert (rows[0]["old"], rows[0]["state"]) == (None, "ok")
    assert summary.startswith("my_rate is new: nothing to compare. 1 values: ok 1.")


def test_a_broken_candidate_is_told_like_the_check_does(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = candidate(home, GOOD.replace("AS denominator,", "AS denominatoor,"))
    assert cli.main(["backtest", "success_rate", *broken]) == 1
    assert "success_rate.sql:19: the SELECT gives no denominator." in capsys.readouterr().out


def test_a_backtest_writes_nothing(home: Path, demo_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def seen() -> list[tuple[str, int, int]]:
        paths = [path for path in [*demo_home.rglob("*"), *home.rglob("*")] if path.is_file()]
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths)

    arguments = candidate(home, GOOD.replace("= 'success'", "= 'failed'"))
    before = seen()
    asked(capsys, "success_rate", *arguments)
    assert seen() == before
