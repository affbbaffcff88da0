"""What people of the demo account did about its findings: as declared, and judged as the evidence judges it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.demo.actions import ACTIONS, Happened, entered, happened
from collectors.demo.shapes import CYCLE_DAYS
from metrics.actions.book import Book, read_book
from metrics.actions.evidence import outcome_of
from metrics.actions.model import Action, Step
from metrics.insights.report import lead_insights, report
from metrics.model import Access, Query
from metrics.run import run
from sql.published import Published, open_published
from tests.metrics.cycle import END, FIRST

ALL = Access.everything()
WHOLE = Query(FIRST, END.date())
DECLARED = happened(END - timedelta(days=CYCLE_DAYS), END)
JUDGED = [each for each in DECLARED if each.verdict is not None]


@pytest.fixture(scope="module")
def published(cycle_home: Path) -> Iterator[Published]:
    with closing(open_published(cycle_home)) as found:
        yield found


@pytest.fixture(scope="module")
def book(published: Published) -> Book:
    return read_book(published, ALL)


def action_of(book: Book, declared: Happened) -> Action:
    found = book.named(declared.action_id)
    assert found is not None
    return found


def named(each: Happened) -> str:
    return each.planned.incident


def test_a_cycle_holds_every_declared_action() -> None:
    assert {each.planned.incident for each in DECLARED} == {each.incident for each in ACTIONS}
    hour_later = happened(END - timedelta(days=CYCLE_DAYS, hours=-1), END)
    assert {each.planned.incident for each in hour_later} == {each.incident for each in ACTIONS} - {"judge_errors"}


@pytest.mark.parametrize("into", range(0, CYCLE_DAYS, 7))
def test_a_later_end_adds_to_actions_and_changes_none(into: int) -> None:
    end = END + timedelta(days=into)
    one = entered(end - timedelta(days=CYCLE_DAYS), end)
    two = entered(end - timedelta(days=CYCLE_DAYS), end + timedelta(days=9))
    assert [each for each in two if each["timestamp"] < f"{end.isoformat()}Z"] == list(one)
    assert one or two


def test_the_table_of_actions_is_what_was_declared(published: Published) -> None:
    names = ("action_id", "agent_id", "insight_id", "insight_at", "state", "taken_at", "verdict", "verdict_at")
    rows = published.rows(f"SELECT {', '.join(names)} FROM actions ORDER BY registered_at, action_id")
    assert rows == [
        {
            "action_id": each.action_id, "agent_id": each.agent.agent_id, "insight_id": each.insight_id,
            "insight_at": each.insight_at, "state": each.state, "taken_at": each.taken_at, "verdict": each.verdict,
            "verdict_at": each.verdict_at,
        }
        for each in DECLARED
    ]  # fmt: skip


def test_every_action_answers_the_finding_of_its_incident(published: Published) -> None:
    findings = {each.id: each for each in lead_insights(report(published).insights)}
    for each in DECLARED:
        found = findings[each.insight_id]
        assert (found.agent_id, found.signature) == (each.agent.agent_id, each.signature)
        assert found.onset is not None
        assert found.onset.day == each.begun
        assert found.onset.alarmed_on < each.insight_at.date()


def test_there_are_verdicts_and_open_actions() -> None:
    assert {each.verdict for each in JUDGED} == {"improved", "no_material_change"}
    assert [each.planned.incident for each in DECLARED if each.is_open] == ["no_hand_over"]
    assert {each.state for each in DECLARED} == {"kept", "shipped", "dismissed"}


@pytest.mark.parametrize("declared", JUDGED, ids=named)
def test_a_verdict_is_the_one_that_the_evidence_gave_at_that_moment(
    published: Published, book: Book, declared: Happened
) -> None:
    action = action_of(book, declared)
    (verdict,) = [each for each in action.steps if each.step == "verdict"]
    until = [each for each in action.steps if each.entered_at < verdict.entered_at]
    stopped = Step("then", action.action_id, "kept", "test", verdict.entered_at)
    then = outcome_of(published, ALL, replace(action, steps=(*until, stopped)))
    assert (then.verdict, then.as_of) == (verdict.verdict, verdict.as_of)
    assert then.days >= action.plan.min_days
    assert outcome_of(published, ALL, action).verdict == verdict.verdict


@pytest.mark.parametrize("declared", [each for each in DECLARED if each.verdict is None], ids=named)
def test_an_action_without_a_verdict_has_none_that_could_be_told(
    published: Published, book: Book, declared: Happened
) -> None:
    assert outcome_of(published, ALL, action_of(book, declared)).verdict == "undetermined"


def test_loop_velocity_and_the_share_with_a_verdict_are_those_of_the_whole_organisation(published: Published) -> None:
    taken = [each for each in DECLARED if each.taken_at is not None]
    closed = {value.slice: value for value in run(published, "loop_closed", WHOLE, ALL)}
    assert (closed[""].numerator, closed[""].denominator) == (len(JUDGED), len(taken)) == (3, 4)
    assert (closed["improved"].numerator, closed["improved"].denominator) == (1, 3)
    days = sorted((each.verdict_at - each.insight_at) / timedelta(milliseconds=1) for each in JUDGED if each.verdict_at)
    speed = {value.slice: value for value in run(published, "loop_velocity", WHOLE, ALL)}
    assert speed["p50"].value == pytest.approx(days[1], rel=0.01)
    assert (speed["p50"].n, speed["p50"].state) == (3, "low_n")
    steps = {value.slice: value for value in run(published, "loop_velocity", replace(WHOLE, slice_by="step"), ALL)}
    first = sorted((each.taken_at - each.insight_at) / timedelta(milliseconds=1) for each in taken if each.taken_at)
    assert steps["insight_to_action:p50"].n == 4
    assert steps["insight_to_action:p50"].value == pytest.approx(first[1], rel=0.01)
