"""Open findings by age: a stock at the end of the data, and unknown where nothing was looked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from metrics.insights.ages import NOT_LOOKED, NOT_WATCHED, open_by_age
from metrics.insights.model import (
    Because,
    Budget,
    Insight,
    KnownBy,
    Onset,
    Reading,
    Report,
    Segment,
    Worth,
)

AS_OF = date(2026, 11, 27)
READING = Reading(AS_OF, AS_OF, 0.8, 0.7, 0.9, 100, "ratio")


def finding(name: str, days_old: int, agent: str = "refunds", **more: object) -> Insight:
    day = AS_OF - timedelta(days=days_old - 1)
    onset = Onset(day, 0.9, day, day, day, day, 0.01, AS_OF)
    found = Insight(
        name, agent, "accuracy", "down", "sudden", "open", "worse", Segment(), READING, READING, onset, None, 1e6, "D",
        Because(""), Worth(None, None, None, 1.0, ""), KnownBy(1, None), (),
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def report(*insights: Insight, **watched: int) -> Report:
    digests = dict.fromkeys(("", "refunds", "invoices"), "x")
    return Report("v", AS_OF, Budget(10, 90, 1.0, 900.0), insights, (), digests, watched)


def counts(found: Report | None, agents: tuple[str, ...] | None = None) -> tuple[int, ...]:
    return tuple(each.findings for each in open_by_age(found, agents).ages)


def test_findings_are_counted_by_the_days_since_they_began() -> None:
    found = report(*(finding(str(days), days) for days in (1, 7, 8, 28, 29, 400)), refunds=3)
    said = open_by_age(found)
    assert (said.findings, counts(found), said.oldest_days) == (6, (2, 2, 2), 400)
    assert (
        said.text
        == "Open findings by age: 2 up to 7 days, 2 from 8 to 28 days, 2 over 28 days; the oldest is 400 days old"
    )


def test_only_open_findings_that_lead_are_counted() -> None:
    others = [finding("a", 3, state="held"), finding("b", 3, state="over"), finding("c", 3, primary="d")]
    assert counts(report(finding("d", 3), *others, refunds=1)) == (1, 0, 0)


def test_one_without_a_first_day_is_as_old_as_the_days_that_show_it() -> None:
    zero = replace(READING, start=AS_OF - timedelta(days=27))
    assert open_by_age(report(finding("a", 1, kind="zero", onset=None, after=zero))).oldest_days == 28


def test_only_the_agents_asked_for_are_counted() -> None:
    found = report(finding("a", 3), finding("b", 9, agent="invoices"), refunds=1, invoices=1)
    assert counts(found, ("invoices",)) == (0, 1, 0)
    assert counts(found, ()) == ()


def test_nothing_open_is_none_only_where_somebody_looked() -> None:
    looked = open_by_age(report(refunds=4))
    assert (looked.findings, looked.missing) == (0, None)
    assert (looked.watched, looked.agents) == (1, 2)
    assert looked.text.endswith("none is open")


@pytest.mark.parametrize(
    ("found", "agents", "why"),
    [
        (None, None, NOT_LOOKED),
        (replace(report(refunds=4), as_of=None), None, NOT_LOOKED),
        (report(refunds=4), ("invoices",), NOT_WATCHED),
        (report(), None, NOT_WATCHED),
    ],
)
def test_what_nobody_looked_for_is_unknown(found: Report | None, agents: tuple[str, ...] | None, why: str) -> None:
    said = open_by_age(found, agents)
    assert (said.findings, said.ages, said.missing) == (None, (), why)
    assert "unknown" in said.text
