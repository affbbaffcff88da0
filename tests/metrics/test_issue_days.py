"""Where an issue stands, day after day: tasks in, findings by the detector, decisions as people enter them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from metrics.actions.book import Book, read_book
from metrics.actions.entries import note_record
from metrics.actions.issues import Issue, issues_of
from metrics.catalogue import catalogue
from metrics.insights.model import Report
from metrics.insights.report import report
from metrics.model import Access
from tests.metrics.evidence import Evidence
from tests.metrics.support import store_parts

FIRST = date(2026, 8, 3)
USUAL_DAYS = 35
EVERYTHING = Access.everything()


@dataclass(eq=False)
class Ledger(Evidence):
    """One agent whose days are published one after the other."""

    con: duckdb.DuckDBPyConnection
    waiting: dict[Any, Any] = field(default_factory=dict)
    today: date = FIRST
    kept: Report | None = None
    entered: list[dict[str, Any]] = field(default_factory=list)
    version: str = "test"
    tasks: int = 0

    def work(self, days: int, rate: float, a_day: int = 30) -> None:
        """So many days with so many tasks of which so many go well, each in a session of its own."""
        for _ in range(days):
            for number in range(a_day):
                good = (number * 7919 + self.tasks) % a_day < round(rate * a_day)
                at = datetime.combine(self.today, datetime.min.time()) + timedelta(minutes=number)
                self.add("tasks", {
                    "task_id": f"t{self.tasks}-{number}", "session_id": f"s{self.tasks}-{number}", "agent_id": "a",
                    "task_type": "usual", "environment": "prod", "day": self.today, "started_at": at, "ended_at": at,
                    "mature": True, "status": "success" if good else "failed", "status_source": "verdict",
                    "escalated": False,
                })  # fmt: skip
            self.tasks += 1
            self.today += timedelta(days=1)

    def publish(self) -> None:
        """Publish what there is, and look for findings, with those of the day before in mind."""
        self.write()
        self.con.execute("DELETE FROM kpi_daily; DELETE FROM org")
        self.add(
            "org", {"key": "timezone", "value": "UTC"}, {"key": "data_through_at", "value": f"{self.today}T00:00:00"}
        )
        self.write()
        for kpi in ("success_rate", "task_volume"):
            store_parts(self.con, catalogue()[kpi])
        self.kept = report(self, self.kept)  # type: ignore[arg-type]

    def issue(self) -> Issue | None:
        """The issue about success, from the latest published days and all that was entered."""
        self.publish()
        assert self.kept is not None
        found = issues_of(self, EVERYTHING, self.kept.insights, self.book, self.kept.as_of)  # type: ignore[arg-type]
        return next((each for each in found if "success_rate" in each.signature), None)

    @property
    def book(self) -> Book:
        """What people entered."""
        return read_book(self, EVERYTHING, self.entered)

    def says(self, issue: Issue, verb: str) -> None:
        """Somebody decides about an issue, at noon of the last published day."""
        record = note_record("a", "issue", issue.id, issue.signature, verb, "Ida", {"reason": "agreed"})
        at = f"{self.today - timedelta(days=1)}T12:00:{len(self.entered):02d}Z"
        self.entered.append(record | {"event_id": f"n{len(self.entered)}", "timestamp": at})

    def state(self) -> str:
        """Where the issue stands; 'none' without one."""
        found = self.issue()
        return "none" if found is None else found.state


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return Evidence(tmp_path_factory.mktemp("days")).con


@pytest.fixture
def ledger(tables: duckdb.DuckDBPyConnection) -> Ledger:
    for table in ("tasks", "agents", "kpi_daily", "org"):
        tables.execute(f"DELETE FROM {table}")
    found = Ledger(tables)
    found.add("agents", {"agent_id": "a", "agent_name": "A"})
    found.work(USUAL_DAYS, 0.9)
    return found


def test_an_issue_goes_from_new_to_ongoing_escalating_resolved_and_comes_back(ledger: Ledger) -> None:
    assert ledger.state() == "none", "usual days raise nothing"
    ledger.work(3, 0.5)
    begun = ledger.issue()
    assert begun is not None
    assert (begun.state, begun.first_seen, begun.promoted) == ("new", FIRST + timedelta(days=USUAL_DAYS), True)
    assert begun.reach.sessions is not None
    assert (begun.reach.sessions.hit, begun.reach.sessions.n) == (45, 90)
    ledger.work(11, 0.5)
    assert ledger.state() == "ongoing"
    ledger.work(7, 0.1)
    worse = ledger.issue()
    assert worse is not None
    assert (worse.state, worse.id) == ("escalating", begun.id)
    assert "189 of 210 in the last 7 days" in worse.evidence
    ledger.work(25, 0.9)
    over = ledger.issue()
    assert over is not None
    assert over.state == "resolved"
    assert "21 of 210 in the last 7 days" in over.evidence
    ledger.work(4, 0.5)
    back = ledger.issue()
    assert back is not None
    assert (back.state, back.id, len(back.members)) == ("regressed", begun.id, 2)


def test_twice_the_traffic_at_the_same_rate_escalates_nothing_over_published_days(ledger: Ledger) -> None:
    ledger.work(10, 0.5)
    assert ledger.state() == "ongoing"
    ledger.work(7, 0.5, a_day=60)
    assert ledger.state() == "ongoing"


def test_what_a_person_resolved_comes_back_by_cases_after_that_day_and_by_nothing_else(ledger: Ledger) -> None:
    ledger.work(9, 0.5)
    found = ledger.issue()
    assert found is not None
    ledger.says(found, "resolve")
    silent = ledger.issue()
    assert silent is not None
    assert silent.state == "resolved"
    assert silent.evidence.endswith("No case since then: whether it helped is not known.")
    ledger.work(3, 0.9)
    better = ledger.issue()
    assert better is not None
    assert better.state == "resolved"
    assert better.evidence.startswith("9 of 90 since it was resolved on")
    ledger.work(3, 0.4)
    assert ledger.state() == "regressed"


def test_ignored_it_keeps_counting_muted_it_moves_on_and_resolving_takes_both_back(ledger: Ledger) -> None:
    ledger.work(9, 0.5)
    found = ledger.issue()
    assert found is not None
    ledger.says(found, "mute")
    muted = ledger.issue()
    assert muted is not None
    assert (muted.state, muted.muted) == ("ongoing", True)
    ledger.says(found, "ignore")
    ledger.work(2, 0.5)
    ignored = ledger.issue()
    assert ignored is not None
    assert (ignored.state, ignored.muted) == ("ignored", True)
    assert "105 of 210 in the last 7 days" in ignored.evidence
    assert ledger.book.quiet(found.id)
    ledger.says(found, "resolve")
    resolved = ledger.issue()
    assert resolved is not None
    assert (resolved.state, resolved.muted, ledger.book.quiet(found.id)) == ("resolved", False, False)
    ledger.says(found, "reopen")
    assert ledger.state() == "ongoing"
