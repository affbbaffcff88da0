"""python -m metrics check: each broken promise is a line that names the file, the place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics import __main__ as cli
from metrics.catalogue import FOLDER
from sql.contract import as_file, violations

GOOD = (FOLDER / "success_rate.sql").read_text(encoding="utf-8")


@pytest.fixture
def own(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An owner's KPI folder in a home with the demo account published."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "published").symlink_to(demo_home / "published")
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "kpis"
    folder.mkdir()
    return folder


def test_our_own_kpis_keep_the_contract_on_the_demo_account(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out.endswith(" 0 violations.\n")


@pytest.mark.parametrize(
    ("part", "replacement", "said"),
    [
        ("-- unit: ratio", "-- unit: percent", ":5: unit is 'percent'. Choose one of ratio, count,"),
        ("-- better: higher\n", "", ":1: the head lacks better. Add a line"),
        ("-- label: Success", "-- label: Success\n-- colour: blue", ":2: unknown head key 'colour'."),
        ("-- minimum_n: 30", "-- minimum_n: 0", ":9: minimum_n is '0'. Give a number from 1"),
        ("-- interval: wilson", "-- interval: fieller", ":8: a ratio has no fieller interval. Choose one of wilson,"),
        ("-- version: 2", "-- version: new", ":17: version is 'new'. Give a number"),
        ("-- version: 2", "-- version: 2\n-- version: 3", ":18: version is given twice."),
        ("-- needs: tasks", "-- needs: tasks, spans", ":13: needs names spans, which the SELECT does not read."),
        ("-- needs: tasks", "-- needs: bill", "needs names 'bill'. A KPI can read tasks,"),
        ("FROM tasks", "FROM raw.outcomes", ":21: the SELECT reads 'raw.outcomes'. It can read tasks,"),
        ("FROM tasks", "FROM 'other.csv', tasks", ":21: the SELECT reads 'other.csv'."),
        ("FROM tasks", "FROM read_text('/etc/hosts'), tasks", ":21: read_text() is not allowed here."),
        ("FROM tasks", "FROM tasks WHERE day < current_date", ":21: current_date() is not allowed here. Its answer"),
        ("GROUP BY ALL", "GROUP BY ALL; SELECT 1", "there is more than one statement. Write one single SELECT."),
        ("WITH judged", "CREATE TABLE x AS WITH judged", "this is no SELECT."),
        ("GROUP BY ALL", "GROUP BY BY ALL", ":31: it does not parse: syntax error"),
    ],
)  # fmt: skip
def test_a_broken_promise_names_line_fault_and_remedy(part: str, replacement: str, said: str) -> None:
    assert part in GOOD
    found = [str(each) for each in violations(as_file("mine.sql", GOOD.replace(part, replacement)))]
    assert any(f"mine.sql{said}" in line or said in line for line in found), found


@pytest.mark.parametrize(
    ("part", "replacement", "said"),
    [
        ("AS denominator,", "AS denominatoor,", "the SELECT gives no denominator. A ratio needs it"),
        ("AS denominator,", "AS denominatoor,", "the SELECT gives denominatoor, which is no part."),
        ("status = 'success'", "state = 'success'", ':25: DuckDB refused it: Binder Error: Referenced column "state"'),
        ("agent_version, day,", "agent_version, day::TIMESTAMP AS day,", "day is TIMESTAMP. Make it DATE."),
        ("    agent_id, agent", "    NULL::VARCHAR AS agent_id, agent", "agent_id is NULL"),
        ("AND status = 'success') AS", "OR mature) * 2 AS", "rows numerator is more than denominator"),
        ("has_verdict) AS n", "has_verdict) - 9999 AS n", "rows n is negative"),
        ("has_verdict) AS n", "has_verdict) + sum(count(*)) OVER () AS n", "made alone differ from the same day"),
        ("-- sources: span_logs", "-- sources: span_log", "sources names 'span_log'. Known are"),
    ],
)  # fmt: skip
def test_what_only_the_published_file_shows_is_said_too(
    own: Path, capsys: pytest.CaptureFixture[str], part: str, replacement: str, said: str
) -> None:
    assert part in GOOD
    (own / "mine.sql").write_text(GOOD.replace(part, replacement), encoding="utf-8")
    assert cli.main(["check", "mine"]) == 1
    out = capsys.readouterr().out
    assert "mine.sql:" in out
    assert said in out


def test_a_name_of_ours_is_taken(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "success_rate.sql").write_text(GOOD, encoding="utf-8")
    assert cli.main(["check", str(own / "success_rate.sql")]) == 1
    assert "success_rate.sql:1: success_rate is a KPI of Agent Ledger." in capsys.readouterr().out


def test_an_unknown_kpi_is_a_wrong_argument(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "mine"]) == 2
    assert "There is no KPI 'mine', nor such a file." in capsys.readouterr().err
