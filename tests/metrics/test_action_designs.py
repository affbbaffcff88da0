"""How an effect is told apart: a random split, the version replaced, an unchanged agent or kind of work; or why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from metrics.actions.entries import action_record
from metrics.actions.evidence import outcome_of
from metrics.actions.model import PLANNED, Action, Outcome, Plan, Step
from metrics.actions.words import designed, planned
from metrics.model import Access, QueryError
from tests.metrics.evidence import Evidence

BEFORE, CHANGED, END = date(2026, 10, 1), date(2026, 10, 29), date(2026, 11, 26)
MOMENT = datetime(2026, 10, 28, 12)
PLAN = Plan("success_rate", "up", 0.02, (), BEFORE, date(2026, 10, 28))
EVERYTHING = Access.everything()


class Published(Evidence):
    """Daily parts of success and volume of two agents."""

    def work(
        self,
        first: date,
        last: date,
        rate: float,
        a_day: int = 20,
        agent: str = "a",
        version: str = "1",
        kind: str = "usual",
    ) -> None:
        """So many tasks a day on each of these days (the last not included), of which so many went well."""
        done = 0.0
        for number in range((last - first).days):
            done += rate * a_day
            good, done = int(done), done - int(done)
            grain = {"agent_id": agent, "agent_version": version, "day": first + timedelta(days=number),
                     "task_type": kind, "environment": "prod", "slice": ""}  # fmt: skip
            self.add("kpi_daily", grain | {"kpi": "success_rate", "numerator": good, "denominator": a_day, "n": a_day,
                                           "covered": a_day, "eligible": a_day})  # fmt: skip
            self.add("kpi_daily", grain | {"kpi": "task_volume", "numerator": a_day, "n": a_day, "covered": a_day,
                                           "eligible": a_day})  # fmt: skip

    def outcome(self, plan: Plan, change_id: str | None = "v2", access: Access = EVERYTHING) -> Outcome:
        """The verdict on an action in effect since the change."""
        self.write()
        steps = (
            Step("1", "x", "accepted", "Ida", MOMENT),
            Step("2", "x", "shipped", "Ida", MOMENT, change_id=change_id, changed_at=MOMENT),
        )
        made = datetime(2026, 10, 20)
        return outcome_of(self, access, Action("x", "a", "x", None, None, None, None, plan, made, "Ida", steps))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return Evidence(tmp_path_factory.mktemp("designs")).con


@pytest.fixture
def published(tables: duckdb.DuckDBPyConnection) -> Published:
    found = Published.__new__(Published)
    found.over(tables)
    for table in ("kpi_daily", "agents", "changes", "org"):
        tables.execute(f"DELETE FROM {table}")
    found.add("agents", {"agent_id": "a", "agent_name": "A"}, {"agent_id": "b", "agent_name": "B"})
    found.add("org", {"key": "timezone", "value": "UTC"}, {"key": "data_through_at", "value": "2026-11-26T00:00:00"})
    change = {"change_id": "v2", "agent_id": "a", "changed_at": MOMENT, "kind": "agent"}
    found.add("changes", change | {"before_value": "1", "after_value": "2"})
    return found


def plan(design: Any, **more: Any) -> Plan:
    return replace(PLAN, design=design, grade=PLANNED[design], **more)


def test_a_random_split_that_held_is_grade_a_and_compares_the_versions_on_the_same_days(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.6)
    published.work(CHANGED, END, 0.7, version="1")
    published.work(CHANGED, END, 0.9, version="2")
    found = published.outcome(plan("split", split=0.5))
    assert (found.grade, found.verdict) == ("A", "improved")
    assert found.move is not None
    assert (found.move.before, found.move.after) == (0.7, 0.9), "not against the 60 % of the days before"
    assert any("got 50.0\u202f% of the tasks" in note for note in found.notes)
    assert found.spell is None


def test_a_split_that_went_wrong_is_not_read(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.6)
    published.work(CHANGED, END, 0.7, a_day=28)
    published.work(CHANGED, END, 0.9, a_day=12, version="2")
    found = published.outcome(plan("split", split=0.5))
    assert (found.verdict, found.move) == ("undetermined", None)
    assert "nothing is read" in found.says
    assert published.outcome(plan("split", split=0.3)).grade == "A"


def test_a_split_without_two_versions_is_before_and_after_and_says_why(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.6)
    published.work(CHANGED, END, 0.9, version="2")
    found = published.outcome(plan("split", split=0.5))
    assert (found.grade, found.verdict) == ("D", "improved")
    assert "Not A: versions 1 and 2 were never at work on the same day." in found.notes
    unlinked = published.outcome(plan("split", split=0.5), change_id=None)
    assert unlinked.grade == "D"
    assert any(note.startswith("Not A: the change linked makes no new version") for note in unlinked.notes)


def test_the_version_it_replaces_at_the_same_time_is_a_concurrent_control(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.9)
    published.work(CHANGED, END, 0.7, version="1")
    published.work(CHANGED, END, 0.9, a_day=5, version="2")
    found = published.outcome(plan("version"))
    assert (found.grade, found.verdict) == ("B", "improved")


def test_before_and_after_says_how_much_of_the_work_another_version_did(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.6)
    published.work(CHANGED, END, 0.7, a_day=15, version="1")
    published.work(CHANGED, END, 0.9, a_day=5, version="2")
    found = published.outcome(PLAN)
    assert found.grade == "D"
    assert "Another version than 2 did 75.0\u202f% of the work after the change: the effect is diluted." in found.notes
    assert "A takes a random split promised beforehand, B something that stays unchanged." in designed(PLAN, found)


def test_what_an_unchanged_agent_moved_is_taken_off(published: Published) -> None:
    for agent in ("a", "b"):
        published.work(BEFORE, CHANGED, 0.6, agent=agent)
        published.work(CHANGED, END, 0.9, agent=agent)
    alone, less = published.outcome(PLAN), published.outcome(plan("agent", control_agent="b"))
    assert (alone.verdict, alone.grade) == ("improved", "D")
    assert (less.verdict, less.grade) == ("undetermined", "B")
    assert less.move is not None
    assert less.move.amount == pytest.approx(0.0)
    assert less.move.control == pytest.approx(0.3)
    assert "What stayed unchanged moved +30.0\u202fpt" in designed(plan("agent", control_agent="b"), less)


def test_an_agent_that_was_changed_that_counted_nothing_or_may_not_be_seen_is_no_control(published: Published) -> None:
    published.work(BEFORE, CHANGED, 0.6)
    published.work(CHANGED, END, 0.9, version="2")
    asked = plan("agent", control_agent="b")
    assert "Not B: of the control nothing was counted on one side." in published.outcome(asked).notes
    published.work(BEFORE, END, 0.8, agent="b")
    assert published.outcome(asked).grade == "B"
    hidden = published.outcome(asked, access=Access.only("a"))
    assert "Not B: the control is an agent that you may not see." in hidden.notes
    at = datetime(2026, 11, 5)
    published.add("changes", {"change_id": "g", "agent_id": "b", "changed_at": at, "kind": "guardrail"})
    changed = published.outcome(asked)
    assert (changed.grade, changed.verdict) == ("D", "improved")
    assert "Not B: the control b did not stay unchanged (guardrail on 5 Nov)." in changed.notes


def test_an_action_about_one_kind_of_task_counts_it_alone_and_may_take_off_what_the_others_moved(
    published: Published,
) -> None:
    for kind, after in (("claims", 0.9), ("mail", 0.7), ("calls", 0.7)):
        published.work(BEFORE, CHANGED, 0.6, kind=kind)
        published.work(CHANGED, END, after, kind=kind, version="2")
    own = published.outcome(replace(PLAN, task_type="claims"))
    assert own.move is not None
    assert (own.move.amount, own.grade) == (pytest.approx(0.3), "D")
    less = published.outcome(plan("kinds", task_type="claims"))
    assert less.move is not None
    assert (less.move.amount, less.grade) == (pytest.approx(0.2), "B")
    assert less.move.cases_after == 560


def test_a_design_that_cannot_be_told_is_refused_when_it_is_promised() -> None:
    for asked, reason in (
        (plan("split"), "share of tasks"),
        (plan("split", split=1.0), "share of tasks"),
        (plan("agent"), "another agent"),
        (plan("agent", control_agent="a"), "another agent"),
        (plan("kinds"), "kind of task"),
    ):
        with pytest.raises(QueryError, match=reason):
            action_record("a", "x", asked, "Ida")
    said = planned(plan("split", split=0.5), "Success", "ratio")
    assert said.endswith("told by a random split: 50.0\u202f% of the tasks get the change")
