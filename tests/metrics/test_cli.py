"""python -m metrics on a published file."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from metrics import __main__ as cli
from metrics import reference
from metrics.catalogue import catalogue
from sql.publish import LAYOUT
from tests.metrics.support import Ledger

PERIOD = ["--from", "2026-03-02", "--to", "2026-03-09"]
KEYS = [
    "kpi", "agent_id", "agent_version", "slice", "from", "to", "value", "low", "high", "n", "coverage", "state",
    "numerator", "denominator", "unit", "definition_version",
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a small published file."""
    ledger = Ledger(layout=str(LAYOUT), data_through_at="2026-03-09 00:00:00")
    ledger.add("tasks", {}, times=30).add("tasks", {"status": "failed", "agent_version": "2"}, times=10)
    ledger.add("tasks", {"environment": "replay"}).build()
    first = {"agent_id": "refunds", "agent_name": "Refund helper", "first_seen_at": "2026-01-01", "team": "Care"}
    ledger.insert("agents", [first])
    for twin in ("left", "right"):
        ledger.insert("agents", [{"agent_id": twin, "agent_name": "Twin"}])
    ledger.con.execute(
        """CREATE TABLE prices AS
            SELECT 'nova' AS model, 0.06::DECIMAL(18,9) AS usd_per_mtok, DATE '2026-01-01' AS valid_from"""
    )
    (tmp_path / "published").mkdir()
    ledger.con.execute(f"ATTACH '{tmp_path}/published/kpis-000000000001.duckdb' AS out")
    ledger.con.execute("COPY FROM DATABASE memory TO out")
    ledger.con.execute("DETACH out")
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, once it has ended well."""
    assert cli.main(arguments) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command says when it ends with 2."""
    assert cli.main(arguments) == 2
    return capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_json_has_the_names_that_other_programs_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = json.loads(told(capsys, "run", "success_rate", *PERIOD, "--format", "json"))
    assert list(record) == KEYS
    assert (record["value"], record["n"], record["state"], record["unit"]) == (0.75, 40, "ok", "ratio")
    assert (record["from"], record["to"], record["slice"], record["agent_id"]) == (
        "2026-03-02",
        "2026-03-09",
        None,
        None,
    )


def test_the_names_are_those_of_the_design(shared: Path) -> None:
    text = (shared / "design.md").read_text(encoding="utf-8")
    (names,) = re.findall(r"`\{(kpi, agent_id, [^}]*)\}`", text)
    assert names.replace("\n", " ").split(", ") == KEYS


@pytest.mark.usefixtures("home")
def test_quantiles_are_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    records = json.loads(told(capsys, "run", "task_latency", *PERIOD, "--format", "json"))
    assert [record["slice"] for record in records] == ["p50", "p95", "p99"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("choice", "n"),
    [
        (["--agent", "refunds", "--version", "2"], 10),
        (["--agent", "Refund helper"], 40),
        (["--version", "1", "--version", "2"], 40),
        (["--all-environments"], 41),
    ],
)
def test_filters_narrow_the_question(capsys: pytest.CaptureFixture[str], choice: list[str], n: int) -> None:
    (record,) = json.loads(told(capsys, "run", "completion_rate", *PERIOD, *choice, "--format", "json"))
    assert record["n"] == n
    assert record["agent_id"] == ("refunds" if "--agent" in choice else None)


@pytest.mark.usefixtures("home")
def test_the_default_period_is_the_last_28_complete_days(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = json.loads(told(capsys, "run", "task_volume", "--format", "json"))
    assert (record["from"], record["to"], record["value"]) == ("2026-02-09", "2026-03-09", 40)
    (until,) = json.loads(told(capsys, "run", "task_volume", "--to", "2026-03-03", "--format", "json"))
    assert (until["from"], until["to"]) == ("2026-02-03", "2026-03-03")


@pytest.mark.usefixtures("home")
def test_csv_and_table_hold_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    grouped = ("run", "success_rate", *PERIOD, "--group", "version", "--by", "week")
    rows = list(csv.DictReader(io.StringIO(told(capsys, *grouped, "--format", "csv"))))
    assert [(row["agent_version"], row["value"], row["state"]) for row in rows] == [
        ("1", "1.0", "ok"),
        ("2", "0.0", "low_n"),
    ]
    table = told(capsys, *grouped).splitlines()
    assert len(table) == 4
    assert table[0].split()[:5] == ["from", "to", "agent", "version", "slice"]
    assert "10 tasks; need 30 to judge." in table[3]
    assert "low_n" in table[3]


@pytest.mark.usefixtures("home")
def test_a_query_runs_one_select(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(
        capsys,
        "query",
        "SELECT agent_version, count(*) AS tasks FROM tasks GROUP BY ALL ORDER BY ALL",
        "--format",
        "json",
    )
    assert json.loads(text) == [{"agent_version": "1", "tasks": 31}, {"agent_version": "2", "tasks": 10}]
    assert told(capsys, "query", "SELECT day FROM tasks WHERE false").strip() == "no rows"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nope"], "There is no KPI 'nope'. There are: accuracy"),
        (["run", "accuracy", "--agent", "nobody"], "There is no agent 'nobody'. There are: left, refunds, right"),
        (
            ["run", "accuracy", "--agent", "Twin"],
            "Several agents are called 'Twin': give one id. There are: left, right",
        ),
        (["run", "accuracy", "--from", "2026-03-02", "--to", "2026-03-02"], "holds no day"),
        (["run", "accuracy", "--group", "colour"], "Cannot group by colour"),
        (["query", "DELETE FROM tasks"], "SELECT"),
        (["query", "SELECT nothing FROM nowhere"], "nowhere"),
        (["show", "nope"], "There is no KPI"),
    ],
)
def test_a_wrong_question_ends_with_2_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refused(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["run", "accuracy"], ["query", "SELECT 1"], ["prices"]])
def test_without_a_published_file_it_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    said = refused(capsys, *arguments)
    assert "make run" in said
    assert "python -m collectors run" in said


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "accuracy", "--by", "hour"], ["run", "accuracy", "--from", "May"], []]
)
def test_arguments_that_cannot_be_read_end_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m metrics" in capsys.readouterr().err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--help"])
    assert ended.value.code == 0
    assert "python -m metrics run task_latency --agent refunds" in capsys.readouterr().out


def test_list_and_show_describe_every_kpi(capsys: pytest.CaptureFixture[str]) -> None:
    listed: list[dict[str, Any]] = json.loads(told(capsys, "list", "--format", "json"))
    assert [row["kpi"] for row in listed] == list(catalogue())
    for kpi in catalogue().values():
        shown = told(capsys, "show", kpi.id)
        assert kpi.definition in shown
        assert kpi.sql in shown


@pytest.mark.usefixtures("home")
def test_prices_are_listed_with_exact_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(told(capsys, "prices", "--format", "json")) == [
        {"model": "nova", "usd_per_mtok": 0.06, "valid_from": "2026-01-01"}
    ]


def test_the_reference_page_is_current_and_says_when_it_is_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "current" in told(capsys, "docs", "--check")
    monkeypatch.setattr(reference, "TARGET", tmp_path / "kpis.md")
    assert cli.main(["docs", "--check"]) == 1
    assert "make docs" in capsys.readouterr().out
    assert "wrote" in told(capsys, "docs")
    assert (tmp_path / "kpis.md").read_text(encoding="utf-8") == reference.page()


def test_the_reference_page_has_every_kpi_with_its_sql() -> None:
    page = reference.page()
    for kpi in catalogue().values():
        assert f"\n## {kpi.id}\n" in page
        assert kpi.sql in page


def test_a_kpi_by_team_names_the_team_last_and_a_team_that_is_not_there_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_of = told(capsys, "run", "success_rate", *PERIOD, "--group", "team", "--format", "json")
    assert [(row["team"], row["n"]) for row in json.loads(told_of)] == [("Care", 40)]
    assert [*json.loads(told_of)[0]] == [*KEYS, "team"]
    assert "Care" in told(capsys, "run", "success_rate", *PERIOD, "--group", "team")
    assert json.loads(told(capsys, "run", "success_rate", *PERIOD, "--team", "Care", "--format", "json"))[0]["n"] == 40
    assert "There is no team 'Sales'. There are: Care." in refused(capsys, "run", "success_rate", "--team", "Sales")
    assert "No agent names its product" in refused(capsys, "run", "success_rate", "--product", "Loans")


@pytest.mark.usefixtures("home")
def test_the_rows_that_add_up_to_a_number_are_printed_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    (value,) = json.loads(told(capsys, "run", "cost_per_task", *PERIOD, "--format", "json"))
    rows = json.loads(told(capsys, "run", "cost_per_task", *PERIOD, "--rows", "--format", "json"))
    assert list(rows[0]) == ["row_id", "task_id", "agent_id", "happened_at", "what", "amount", "base"]
    assert sum(row["amount"] for row in rows) == pytest.approx(value["numerator"])
    assert sum(row["base"] for row in rows) == value["denominator"] == len(rows)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("kpi", "why"), [("success_rate", "show=good or judged"), ("drift", "two periods")])
def test_a_number_without_rows_of_its_own_says_where_they_are(
    capsys: pytest.CaptureFixture[str], kpi: str, why: str
) -> None:
    assert why in refused(capsys, "run", kpi, *PERIOD, "--rows")
