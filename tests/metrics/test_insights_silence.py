"""What falls to exactly nothing is a doubt: an agent without work, a number told no more, events that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from metrics import drill
from metrics.insights.cards import card_of, moved
from metrics.insights.context import Context
from metrics.insights.finding import insight_of
from metrics.insights.gather import Outside
from metrics.insights.lags import Lag, Lags
from metrics.insights.model import Insight, Segment
from metrics.insights.silence import chance_of_none, idle, untold
from metrics.insights.streams import Part, Stream
from metrics.insights.watch import watch
from metrics.insights.worth import Facts
from metrics.insights.zeros import zeros
from metrics.model import Access
from tests.metrics.insight_streams import FIRST, ledger, streams_in
from tests.metrics.support import Ledger

FACTS = {"refunds": Facts("refunds", "Refund Desk", 900.0, 100.0, 30.0, None)}


def context(found: Ledger, days: int, streams: Sequence[Stream] = (), outside: Outside | None = None) -> Context:
    end = FIRST + timedelta(days=days)
    return Context(found, end, tuple(streams), FACTS, (), {}, outside or Outside())  # type: ignore[arg-type]


def told(covered: Sequence[int], eligible: int = 30, kpi: str = "success_rate") -> Ledger:
    """A KPI of which so many of so many cases are told on each day."""
    found = ledger()
    common = {"kpi": kpi, "agent_id": "refunds", "slice": "", "environment": "prod", "eligible": eligible}
    found.insert("kpi_daily", [
        {**common, "day": FIRST + timedelta(days=day), "covered": each, "n": each, "denominator": each,
         "numerator": each}
        for day, each in enumerate(covered)
    ])  # fmt: skip
    return found


def test_work_of_which_no_verdict_is_told_any_more_is_a_finding_about_data() -> None:
    covered = [28] * 60 + [0] * 3
    (finding,) = untold(context(told(covered), 63))
    assert (finding.kind, finding.verdict, finding.kpi) == ("data", "unknown", "success_rate")
    assert finding.held_by is None
    assert finding.after.start == FIRST + timedelta(days=60)
    assert (finding.before.value, finding.after.n) == (pytest.approx(28 / 30), 90)
    assert "outcome_events" in finding.because.says
    assert card_of(finding, "Refund Desk").since == "Since 17 Jul."
    assert moved(finding) == "cases of success that are told of 93.3\u202f% → 0 of 90"


def test_one_day_without_is_none_and_neither_are_days_on_which_something_is_told() -> None:
    assert untold(context(told([28] * 60 + [0]), 61)) == []
    assert untold(context(told([28] * 60 + [1] * 3), 63)) == []


def test_labels_that_are_still_to_come_are_not_missed() -> None:
    covered = [28] * 60 + [0] * 3
    slow = Outside(lags=Lags({("refunds", "human"): Lag(2, 50), ("refunds", "outcome"): Lag(0, 900)}))
    assert untold(context(told(covered, kpi="accuracy"), 63, outside=slow)) == []
    assert len(untold(context(told([28] * 60 + [0] * 5, kpi="accuracy"), 65, outside=slow))) == 1
    # A verdict is an outcome, and comes at once here.
    assert len(untold(context(told(covered), 63, outside=slow))) == 1
    # What spans tell comes with the work.
    assert len(untold(context(told(covered, kpi="tool_reliability"), 63, outside=slow))) == 1


def test_somebody_who_reviews_once_a_week_does_not_stop_every_week() -> None:
    weekly = [20 if day % 7 == 0 else 0 for day in range(63)]
    assert untold(context(told(weekly), 63)) == []
    stopped = [*weekly, *[0] * 14]
    assert [each.after.start for each in untold(context(told(stopped), 77))] == [FIRST + timedelta(days=57)]


def test_what_was_told_of_few_is_held_back_with_what_is_needed() -> None:
    rare = [1 if day % 2 == 0 else 0 for day in range(60)] + [0] * 4
    (finding,) = untold(context(told(rare), 64))
    assert finding.held_by is not None
    assert finding.held_by.name == "unlikely enough"


def test_durations_that_are_not_measured_any_more_are_found_too() -> None:
    found = ledger()
    common = {"kpi": "task_latency", "agent_id": "refunds", "slice": "", "environment": "prod", "n": 30}
    found.insert("latency_buckets", [
        {**common, "day": FIRST + timedelta(days=day), "bucket": 100 if day < 60 else None} for day in range(64)
    ])  # fmt: skip
    (finding,) = untold(context(found, 64))
    assert (finding.kpi, finding.after.n) == ("task_latency", 120)


def test_none_of_so_many_speaks_against_the_usual_share_as_an_e_value() -> None:
    """Under the share itself its mean is at most one."""
    low = 1 - 1 / chance_of_none(280, 300, 1)
    assert low < 280 / 300
    assert chance_of_none(280, 300, 5) * (1 - 280 / 300) ** 5 < 1


def worked(tasks: Sequence[float]) -> Stream:
    """The kinds of task of an agent: so many tasks a day."""
    n = np.asarray(tasks, float)
    part = Part(Segment("task_type", "refund"), n, n)
    return Stream("refunds", "drift", "share", "none", FIRST, Part(Segment("task_type"), n, n), (part,))


def test_an_agent_that_does_nothing_for_longer_than_its_pauses_is_a_finding_about_data() -> None:
    week = [9.0, 9.0, 9.0, 9.0, 9.0, 0.0, 0.0]
    (finding,) = idle(context(ledger(), 91, [worked([*week * 10, *[0.0] * 21])]))
    assert (finding.kind, finding.verdict, finding.kpi) == ("data", "unknown", "task_volume")
    assert finding.held_by is None
    assert finding.after.start == FIRST + timedelta(days=68)  # the Saturday after the last day with work
    (young,) = idle(context(ledger(), 74, [worked([*week * 10, *[0.0] * 4])]))
    assert young.held_by is not None
    assert young.held_by.name == "unlikely enough"
    assert idle(context(ledger(), 72, [worked([*week * 10, *[0.0] * 2])])) == []


def test_a_long_weekend_or_days_that_were_not_read_are_no_silence() -> None:
    week = [9.0, 9.0, 9.0, 9.0, 9.0, 0.0, 0.0]
    tasks = worked([*week * 10, 0.0, 0.0])
    assert idle(context(ledger(), 72, [tasks])) == []
    dark = Outside(unread=frozenset(FIRST + timedelta(days=day) for day in range(68, 91)))
    assert idle(context(ledger(), 91, [worked([*week * 10, *[0.0] * 21])], dark)) == []


def test_an_agent_that_worked_on_few_days_is_not_said_to_have_stopped() -> None:
    assert idle(context(ledger(), 91, [worked([3.0, *[0.0] * 6] * 9 + [0.0] * 28)])) == []


def rates(kpi: str, before: int, after: int, n: int = 60, days: int = 84) -> Ledger:
    """Events of a KPI in so many cases a day, otherwise from day 50 on."""
    found = ledger()
    common = {"kpi": kpi, "agent_id": "refunds", "slice": "", "environment": "prod", "n": n, "denominator": n}
    rows: list[dict[str, Any]] = [
        {**common, "day": FIRST + timedelta(days=day), "numerator": before if day < 50 else after,
         "covered": n, "eligible": n}
        for day in range(days)
    ]  # fmt: skip
    found.insert("kpi_daily", rows)
    return found


def only(found: Ledger, days: int = 84) -> Insight:
    """The one finding of the detector."""
    streams = streams_in(found, days)
    told_of = context(found, days, streams)
    watched = watch(told_of.streams)
    (episode,) = watched.episodes
    return insight_of(told_of, watched, episode)


@pytest.mark.parametrize("kpi", ["error_rate", "escalation_rate", "guardrail_intervention_rate"])
def test_events_that_fall_to_exactly_nothing_are_a_doubt_and_no_good_news(kpi: str) -> None:
    finding = only(rates(kpi, 12, 0))
    assert (finding.kind, finding.verdict) == ("zero", "unknown")
    assert "signal" in finding.because.says
    assert "Check that the signal arrives" in finding.card.do_next


def test_events_that_become_few_are_good_news() -> None:
    finding = only(rates("error_rate", 12, 1))
    assert (finding.kind, finding.verdict) == ("sudden", "better")


def test_a_number_that_should_be_high_and_falls_to_nothing_is_worse_not_a_doubt() -> None:
    finding = only(rates("completion_rate", 50, 0))
    assert (finding.kind, finding.verdict) == ("sudden", "worse")


def test_tasks_that_fall_to_nothing_are_a_finding_about_data() -> None:
    found = ledger()
    common = {"kpi": "task_volume", "agent_id": "refunds", "slice": "", "environment": "prod"}
    draw = np.random.default_rng(3)
    found.insert("kpi_daily", [
        {**common, "day": FIRST + timedelta(days=day), "numerator": float(draw.poisson(40)), "covered": 1,
         "eligible": 1}
        for day in range(60)
    ])  # fmt: skip
    finding = only(found, 70)
    assert (finding.kind, finding.verdict) == ("data", "unknown")
    assert finding.after.value == 0


def test_young_days_take_no_part_in_how_many_tasks_were_judged() -> None:
    found = ledger()
    common = {"kpi": "label_coverage", "agent_id": "refunds", "environment": "prod", "n": 40, "denominator": 40}
    for slice_ in ("", "human"):
        found.insert("kpi_daily", [
            {**common, "slice": slice_, "day": FIRST + timedelta(days=day), "numerator": 30 if day < 80 else 0}
            for day in range(84)
        ])  # fmt: skip
    slow = Outside(lags=Lags({("refunds", "human"): Lag(4, 50)}))
    for outside, alarmed in ((Outside(), True), (slow, False)):
        assert any(each.alarmed for each in watch(streams_in(found, 84, outside)).episodes) == alarmed


@pytest.mark.parametrize("worked", [7, 28, 60])
def test_an_agent_of_a_few_days_has_the_volume_and_the_age_of_these_days(worked: int) -> None:
    found, end = ledger(), FIRST + timedelta(days=worked)
    days = [{"environment": "prod", "day": FIRST + timedelta(days=day)} for day in range(worked)]
    found.insert("agents", [{"agent_id": agent} for agent in ("refunds", "others")])
    found.insert("tasks", [{**day, "agent_id": "refunds"} for day in days for _ in range(10)])
    common = {"kpi": "error_rate", "slice": "", "denominator": 100, "n": 100, "covered": 100, "eligible": 100}
    for agent, errors in (("refunds", 0), ("others", 20)):
        found.insert("kpi_daily", [{**common, **day, "agent_id": agent, "numerator": errors} for day in days])
    month = {"from": end - timedelta(days=28), "to": end}
    facts = [Facts.of(row) for row in drill.rows(found, "insight_agents", Access.everything(), **month)]  # type: ignore[arg-type]
    known = {each.agent_id: each for each in facts}
    (finding,) = zeros(Context(found, end, (), known, (), {}, Outside()))  # type: ignore[arg-type]
    assert finding.begun == end - timedelta(days=min(worked, 28))
    assert finding.worth.tasks == pytest.approx(300)
    assert known["others"].tasks_month == 0
