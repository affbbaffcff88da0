"""The owner's own KPIs: built with ours, refused with a reason, versioned, restated, and gone with their file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metrics.skeleton import Wanted, text_of
from sql.config import ConfigTables, OwnFile
from sql.models import folder
from sql.warehouse import Warehouse
from tests.sql.support import NOW, START, agent_span, land, one, outcome, rows, warehouse

MINE = text_of("mine", Wanted("ratio"))
STRICTER = MINE.replace("status = 'success'", "status = 'success' AND escalated IS NOT TRUE")
VALUES = "SELECT agent_id, day, sum(numerator), sum(denominator) FROM mart.kpi_daily WHERE kpi = 'mine' GROUP BY ALL"
REFUSED = "SELECT name, reason FROM ops.refused_files ORDER BY name"


def config(**files: str) -> ConfigTables:
    """Settings with these KPI files."""
    return ConfigTables(own_files=tuple(OwnFile("kpi", name, text) for name, text in files.items()))


def run(wh: Warehouse, **files: str) -> None:
    """One collector pass with these KPI files."""
    wh.configure(config(**files))
    wh.build(NOW)
    wh.check()
    assert wh.publish(NOW) is not None


@pytest.fixture
def wh(tmp_path: Path) -> Warehouse:
    """A warehouse with three days of tasks, of which the first has two verdicts, one of them handed over."""
    with warehouse(tmp_path) as made:
        land(made, [
            agent_span("1"), agent_span("2", at=50.0), agent_span("3", at=90_000.0), agent_span("4", at=180_000.0),
            outcome("e1", trace="1"), outcome("e2", trace="2", escalation__escalated=True), outcome("e3", trace="3"),
        ])  # fmt: skip
        yield made


def views(wh: Warehouse) -> set[str]:
    """The views of the newest published file that are made of `mine`."""
    published = sorted((wh.home / "published").glob("*.duckdb"))[-1]
    wh._con.execute(f"ATTACH IF NOT EXISTS '{published}' AS seen (READ_ONLY)")
    found = rows(wh, "SELECT view_name FROM duckdb_views() WHERE database_name = 'seen' AND view_name LIKE 'kpi_mine%'")
    wh._con.execute("DETACH seen")
    return {name for (name,) in found}


def test_a_file_is_built_with_ours_into_the_same_daily_parts_and_has_a_view(wh: Warehouse) -> None:
    run(wh, mine=MINE)
    assert one(wh, VALUES + " HAVING day = '2026-11-02'")[2:] == (2.0, 2.0)
    assert views(wh) == {"kpi_mine_v1"}
    assert rows(wh, REFUSED) == []


def test_a_new_file_needs_no_full_build_and_gives_the_same_parts_as_one(wh: Warehouse, tmp_path: Path) -> None:
    run(wh)
    wh.configure(config(mine=MINE))
    assert not wh.build(NOW).full
    late = rows(wh, VALUES + " ORDER BY ALL")
    with warehouse(tmp_path / "at once", config(mine=MINE)) as other:
        land(other, [
            agent_span("1"), agent_span("2", at=50.0), agent_span("3", at=90_000.0), agent_span("4", at=180_000.0),
            outcome("e1", trace="1"), outcome("e2", trace="2", escalation__escalated=True), outcome("e3", trace="3"),
        ])  # fmt: skip
        assert other.build(NOW).full
        assert late == rows(other, VALUES + " ORDER BY ALL")
    assert late


def test_late_rows_reach_the_owners_kpi_too(wh: Warehouse) -> None:
    run(wh, mine=MINE)
    land(wh, [outcome("e4", trace="4", result="failure")], start=50)
    run(wh, mine=MINE)
    assert one(wh, VALUES + " HAVING day = '2026-11-04'")[2:] == (0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MINE.replace("FROM tasks", "FROM read_csv('/etc/hosts'), tasks"), "read_csv() is not allowed here"),
        (MINE.replace("FROM tasks", "FROM raw.spans"), "the SELECT reads 'raw.spans'"),
        (
            MINE.replace("FROM tasks", "FROM tasks, (WITH stg_spans AS (SELECT 1) FROM stg_spans), stg_spans"),
            "'stg_spans'",
        ),
        (MINE.replace("FROM tasks", "FROM tasks, (WITH stg_spans AS (FROM stg_spans) FROM stg_spans)"), "'stg_spans'"),
        (MINE + "; DROP TABLE raw.spans", "this is no SELECT"),
        ("-- label: x\nCOPY tasks TO 'x.csv'", "this is no SELECT"),
        (MINE.replace("-- kind: ratio", "-- kind: rate"), "kind is 'rate'"),
        (MINE.replace("mature", "nowhere"), 'Referenced column "nowhere" not found'),
        (MINE.replace("WHERE mature", "WHERE agent_id::INTEGER > 0"), "Could not convert string"),
        (MINE.replace("AS denominator", "AS of"), "gives no denominator"),
        (MINE.replace("count(*) FILTER (status = 'success') AS", "9 AS"), "numerator is more than denominator"),
        (MINE.replace("AS n,", "+ sum(count(*)) OVER () AS n,"), "made alone differ from the same day among all"),
    ],
)
def test_what_breaks_the_contract_is_refused_with_its_reason_and_stops_nothing(
    wh: Warehouse, text: str, said: str
) -> None:
    run(wh, fine=MINE, mine=text)
    assert [(name, said in reason) for name, reason in rows(wh, REFUSED)] == [("mine", True)]
    kpis = {kpi for (kpi,) in rows(wh, "SELECT DISTINCT kpi FROM mart.kpi_daily")}
    assert {"fine", "success_rate"} <= kpis
    assert "mine" not in kpis
    assert ("warn", "own_file_refused") in rows(wh, "SELECT severity, check_name FROM ops.check_results")
    run(wh, fine=MINE, mine=MINE)
    assert rows(wh, REFUSED) == []
    assert rows(wh, VALUES)


def test_an_id_of_ours_cannot_be_taken(wh: Warehouse) -> None:
    run(wh, success_rate=MINE.replace("count(*) FILTER (status = 'success')", "0"))
    assert "success_rate is a KPI of Agent Ledger" in one(wh, REFUSED)[1]
    assert one(wh, "SELECT sum(numerator) > 0 FROM mart.kpi_daily WHERE kpi = 'success_rate'") == (True,)
    assert one(wh, "SELECT own FROM ops.kpi_versions WHERE kpi = 'success_rate'") == (False,)


def test_a_file_that_goes_takes_its_parts_and_its_view_along(wh: Warehouse) -> None:
    run(wh, mine=MINE)
    run(wh)
    assert rows(wh, VALUES) == []
    assert views(wh) == set()
    run(wh, mine=MINE)
    assert len(rows(wh, VALUES)) == 3


def test_another_select_under_the_same_version_is_refused_and_the_former_one_stays(wh: Warehouse) -> None:
    run(wh, mine=MINE)
    before = rows(wh, VALUES + " ORDER BY ALL")
    run(wh, mine=STRICTER)
    assert "differs from the one in force, which is version 1" in one(wh, REFUSED)[1]
    assert rows(wh, VALUES + " ORDER BY ALL") == before
    run(wh, mine=MINE.replace("-- label: Mine", "-- label: My own"))
    assert rows(wh, REFUSED) == []
    assert "-- label: My own" in one(wh, "SELECT definition FROM ops.kpi_versions WHERE kpi = 'mine'")[0]


def test_a_greater_version_restates_what_was_shown_and_keeps_it_under_its_name(wh: Warehouse) -> None:
    run(wh, mine=MINE)
    run(wh, mine=STRICTER.replace("-- version: 1", "-- version: 2"))
    told = rows(
        wh,
        "SELECT day, reason, old_version, new_version, old_value, new_value FROM ops.restatements WHERE kpi = 'mine'",
    )
    assert told == [(START.date(), "definition", "1", "2", 1.0, 0.5)]
    assert views(wh) == {"kpi_mine_v1", "kpi_mine_v2"}
    kept = "SELECT sum(numerator), sum(denominator), max(day) FROM ops.superseded_kpi_daily WHERE kpi = 'mine'"
    assert one(wh, kept) == (3.0, 3.0, START.date().replace(day=3))
    run(wh, mine=MINE)
    assert "which is version 2" in one(wh, REFUSED)[1]


def test_a_file_that_cannot_be_read_is_refused_too(wh: Warehouse) -> None:
    wh.configure(replace(config(), own_files=(OwnFile("kpi", "mine", None, "mine.sql: it cannot be read."),)))
    wh.build(NOW)
    assert rows(wh, REFUSED) == [("mine", "mine.sql: it cannot be read.")]


def test_a_definition_of_ours_that_changes_under_its_version_is_taken_and_warned_of(
    wh: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(wh)
    changed = folder("kpis")["success_rate"].path.read_text(encoding="utf-8").replace("status = 'success'", "true")
    wh._con.execute("UPDATE ops.kpi_versions SET definition = ? WHERE kpi = 'success_rate'", [changed])
    land(wh, [agent_span("9")], start=70)
    run(wh)
    assert ("definition_changed_unraised", 1) in rows(wh, "SELECT check_name, offenders FROM ops.check_results")
