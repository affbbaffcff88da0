"""Verdicts that are due are written down by whatever runs after a collection, once each."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from metrics.__main__ import main
from metrics.actions import due
from metrics.actions.book import read_book
from metrics.actions.entries import action_record, step_record
from metrics.actions.model import Action, Plan
from metrics.model import Access
from metrics.run import default_period
from sql import journal
from sql.published import open_published
from sql.warehouse import Warehouse

INVOICES = "invoice_processor-A1b2C3d4E5"
SAME = "no_material_change"


def changed_on(home: Path) -> date:
    """Six weeks before the last complete day."""
    with closing(open_published(home)) as published:
        return default_period(published)[1] - timedelta(days=42)


def plan_of(home: Path, kpi: str = "cost_per_task") -> Plan:
    """Something that is surely told: a dollar a task more or less."""
    on = changed_on(home)
    return Plan(kpi, "down", 1.0, (), on - timedelta(days=28), on)


def mine(home: Path, title: str = "Shorten the prompt") -> Action:
    """Return the action of that title."""
    published = open_published(home)
    book = read_book(published, Access.everything(), journal.pending(home))
    published.close()
    (action,) = (each for each in book.actions if each.title == title)
    return action


def judged(home: Path) -> int:
    """How many changes have a time from taking effect to their verdict."""
    published = open_published(home)
    query = "SELECT sum(n) AS n FROM latency_buckets WHERE kpi = 'loop_velocity' AND slice = 'action_to_verdict'"
    (row,) = published.rows(query)
    published.close()
    return int(row["n"] or 0)


def shipped(home: Path) -> None:
    """An action that has been in effect for six weeks."""
    journal.append(home, action_record(INVOICES, "Shorten the prompt", plan_of(home), "Ida"))
    moment = datetime.combine(changed_on(home), time(12), tzinfo=UTC)
    for step, at in (("accepted", None), ("shipped", moment)):
        journal.append(home, step_record(mine(home), step, "Ida", changed_at=at))


def verdicts(home: Path) -> list[str | None]:
    """The verdicts written down, oldest first."""
    return [each.verdict for each in mine(home).steps if each.step == "verdict"]


def test_a_refresh_writes_a_due_verdict_down_and_a_second_one_nothing_new(
    demo_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGER_HOME", str(demo_copy))
    shipped(demo_copy)
    assert main(["insights", "--refresh"]) == 0
    assert "Verdicts written down: Shorten the prompt." in capsys.readouterr().out
    assert verdicts(demo_copy) == [SAME]
    before = journal.pending(demo_copy)
    assert main(["insights", "--refresh"]) == 0
    assert "none that is new" in capsys.readouterr().out
    assert journal.pending(demo_copy) == before


def test_nothing_new_is_written_after_it_has_landed(demo_copy: Path) -> None:
    before = judged(demo_copy)
    shipped(demo_copy)
    assert [action.title for action in due.record_due(demo_copy)] == ["Shorten the prompt"]
    with Warehouse.open(demo_copy, kind="demo") as warehouse:
        warehouse.land_journal()
        now = datetime.now(UTC).replace(tzinfo=None)
        warehouse.build(now)
        warehouse.publish(now)
    shutil.rmtree(demo_copy / "journal")
    assert due.record_due(demo_copy) == []
    published = open_published(demo_copy)
    (row,) = published.rows("SELECT verdict, verdict_at FROM actions WHERE title = 'Shorten the prompt'")
    published.close()
    assert (row["verdict"], judged(demo_copy)) == (SAME, before + 1)


def test_two_at_once_write_one_verdict(demo_copy: Path) -> None:
    shipped(demo_copy)
    before = journal.pending(demo_copy)
    due.record_due(demo_copy)
    (entry,) = [record for record in journal.pending(demo_copy) if record not in before]
    other = demo_copy / "journal" / "1.ndjson"
    for path in (demo_copy / "journal").glob("*.ndjson"):
        lines = path.read_text().splitlines()
        path.write_text("\n".join(line for line in lines if entry["event_id"] not in line) + "\n")
    due.record_due(demo_copy)
    (again,) = [record for record in journal.pending(demo_copy) if record not in before]
    assert again["event_id"] == entry["event_id"]
    other.write_text(other.read_text() if other.exists() else "")
    journal.append(demo_copy, entry)
    assert verdicts(demo_copy) == [SAME]


def test_an_action_about_a_number_that_is_gone_stops_no_other(demo_copy: Path) -> None:
    shipped(demo_copy)
    journal.append(demo_copy, action_record(INVOICES, "Gone", plan_of(demo_copy, "my_kpi"), "Ida"))
    gone = mine(demo_copy, "Gone")
    for step, at in (("accepted", None), ("shipped", datetime.combine(changed_on(demo_copy), time(12), tzinfo=UTC))):
        record = {"event.name": "action.step", "action_id": gone.action_id, "step": step, "entered_by": "Ida"}
        journal.append(demo_copy, record | ({"changed_at": at.isoformat()} if at else {}))
    assert [action.title for action in due.record_due(demo_copy)] == ["Shorten the prompt"]
