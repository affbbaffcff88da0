"""The words of a card: numbers with units, days, the least money first, and what cannot be told is said."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from metrics.insights.cards import card_of, evidence, moved, since, sure, worth
from metrics.insights.model import (
    Because,
    Candidate,
    Card,
    Control,
    Effect,
    Insight,
    KnownBy,
    Mix,
    Onset,
    Reading,
    Segment,
    Slice,
    Worth,
)
from metrics.insights.report import report
from metrics.insights.says import says_of
from sql.published import open_published

DAY = date(2026, 11, 2)
BEFORE = Reading(date(2026, 10, 5), DAY, 0.93, 0.9, 0.95, 492, "ratio")
AFTER = Reading(DAY, date(2026, 11, 5), 0.4, 0.33, 0.47, 173, "ratio")
RELEASE = Candidate("a", DAY, "agent", "16", "17", 0.97, "inventory")
FINDING = Insight(
    id="a", agent_id="refunds", kpi="accuracy", direction="down", kind="sudden", state="open", verdict="worse",
    segment=Segment(), before=BEFORE, after=AFTER, onset=Onset(DAY, 0.9, DAY, DAY, DAY, DAY, 0.01, DAY),
    ended_on=None, e_value=1.63e4, grade="D", because=Because(""), worth=Worth(None, None, None, 1.0, "no price"),
    known_by=KnownBy(0, None), gates=(), signature="refunds|accuracy|down||",
)  # fmt: skip


def because(**known: object) -> str:
    """What is said of why, of a finding of which so much is known."""
    return says_of(replace(FINDING, because=replace(Because(""), **known)))  # type: ignore[arg-type]


def test_no_recorded_change_is_said_as_cannot_tell() -> None:
    assert because() == "No change is recorded on these days: cannot tell what did it."
    silent = replace(FINDING, kpi="drift", segment=Segment("model", "nova"))
    assert "cannot tell who changed it" in says_of(silent)


def test_several_changes_on_the_same_days_are_not_separable_and_the_next_step_separates_them() -> None:
    guard = replace(RELEASE, change_id="b", kind="guardrail", before=None, after="4")
    both = Because("", candidates=(RELEASE, guard), separable=False)
    said = says_of(replace(FINDING, because=both))
    assert said == "Not separable: version 16 → 17 on 2 Nov; guardrail 4 (new) on 2 Nov fall on the same days."
    assert "one at a time" in card_of(replace(FINDING, because=both), "Refund Desk").do_next


def test_one_change_is_named_with_how_likely_its_day_is() -> None:
    one = {"candidates": (RELEASE,), "separable": True}
    assert because(**one) == "It goes together with version 16 → 17 on 2 Nov (97\u202f% chance of that day)."
    certain = because(candidates=(replace(RELEASE, chance=0.9999),), separable=True)
    assert "over 99\u202f% chance" in certain


def test_what_other_agents_did_alike_is_the_platform() -> None:
    alike = Control(("other",), 0.01, -0.02, 0.04, platform_wide=True)
    assert because(control=alike, candidates=(RELEASE,)).startswith("Other agents on the same model moved alike")


def test_rate_and_mix_are_told_apart_in_points() -> None:
    mix = Mix(
        "task_type",
        -0.1,
        Effect("rate", -0.02, -0.05, 0.01, clear=False),
        Effect("mix", -0.08, -0.1, -0.06, clear=True),
    )
    assert because(mix=mix).startswith(f"Mostly the mix of work: {chr(0x2212)}8.0 of {chr(0x2212)}10.0 points.")


def test_a_slice_is_said_in_words_and_with_how_much_it_explains() -> None:
    literals = (Segment("task_type", "refund"), Segment("segment.region", "eu"))
    found = Slice(literals, 5, 50, 30, 50, 0.5, 0.001, 0.68, 0.5, 0.9)
    assert because(slices=(found,)).endswith("Most of it (68\u202f%): kind of task refund and region eu.")


def test_the_least_money_comes_first_and_nothing_is_said_where_it_may_be_nothing() -> None:
    basis = "$30.00 a failure, by the contract"
    assert worth(Worth(120.0, 80.0, 160.0, 4, basis)) == f"At least $80.00 a month, likely $120, at most $160: {basis}."
    assert worth(Worth(-120.0, -160.0, -80.0, 4, basis)).startswith("Saves at least $80.00 a month, likely $120")
    assert worth(Worth(20.0, -5.0, 45.0, 4, basis)) == f"Up to $45.00 a month, likely $20.00, maybe nothing: {basis}."
    assert worth(Worth(-20.0, -45.0, 5.0, 4, basis)).startswith("Saves up to $45.00 a month")
    assert worth(Worth(None, None, None, 4, "Time has no price.")) == "Time has no price."


def test_how_sure_it_is_is_said_as_how_seldom_chance_does_it() -> None:
    assert sure(FINDING) == (
        "Chance alone does this at most once in 16\u202f000, however often one looks (e = 10^4.2). "
        "Compared with the days before, nothing evened out (design D)."
    )
    assert sure(replace(FINDING, e_value=3.0)).startswith("Chance alone may well do this (e = 3).")
    assert "once in a million" in sure(replace(FINDING, e_value=1e19))
    assert "however often" not in sure(replace(FINDING, kind="level"))
    assert (evidence(73), evidence(7.92e7)) == ("e = 73", "e = 10^7.9")


def test_days_are_said_as_chances_and_an_end_is_the_last_day() -> None:
    assert since(FINDING) == "Since 2 Nov. Noticed on 2 Nov."
    wide = replace(FINDING, onset=Onset(DAY, 0.9, date(2026, 10, 31), DAY, DAY, DAY, 0.01, date(2026, 11, 4)))
    assert since(wide) == (
        "Since 2 Nov (90\u202f% chance that it began 31 Oct – 2 Nov; 2 Nov if a release did it). Noticed on 4 Nov."
    )
    assert since(replace(FINDING, ended_on=date(2026, 11, 23))) == "From 2 Nov to 22 Nov. Noticed on 2 Nov."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "accuracy 93.0\u202f% → 40.0\u202f% (±7.0)"),
        ({"segment": Segment("tool", "portal")}, "accuracy (tool portal) 93.0\u202f% → 40.0\u202f% (±7.0)"),
        ({"kpi": "leakage"}, "unsure jobs that were not handed over 93.0\u202f% → 40.0\u202f% (±7.0)"),
        ({"kind": "zero", "kpi": "escalation_rate"}, "escalation 93.0\u202f% → 0 of 173"),
        ({"kind": "zero", "kpi": "escalation_rate", "onset": None}, "escalation 0 of 173"),
        ({"kind": "level"}, "accuracy 40.0\u202f% (±7.0); the target is 93.0\u202f%"),
        ({"kpi": "drift", "segment": Segment("model", "x:0")},
         "share of calls answered by “x:0” 93.0\u202f% → 40.0\u202f% (±7.0)"),
        ({"kpi": "drift", "segment": Segment("task_type", "refund")},
         "share of “refund” in the work 93.0\u202f% → 40.0\u202f% (±7.0)"),
    ],
)  # fmt: skip
def test_what_moved_is_said_with_its_unit(change: dict[str, object], said: str) -> None:
    assert moved(replace(FINDING, **change)) == said  # type: ignore[arg-type]


def test_sums_are_said_a_day_and_durations_of_the_slowest() -> None:
    week = DAY + timedelta(days=7)
    tasks = replace(
        FINDING, kpi="task_volume",
        before=Reading(DAY, week, 41.36, 39.0, 43.0, 5, "count", "day"),
        after=Reading(DAY, week, 82.8, 79.2, 86.4, 5, "count", "day"),
    )  # fmt: skip
    assert moved(tasks) == "tasks 41.4 → 82.8 a day (79–86)"
    slow = replace(
        FINDING, kpi="model_latency",
        before=Reading(DAY, week, 4000.0, 3900.0, 4100.0, 5, "ms"),
        after=Reading(DAY, week, 30_000.0, 29_999.0, 30_001.0, 5, "ms"),
    )  # fmt: skip
    assert moved(slow) == "model call time of the slowest 1 in 20 4.00\u202fs → 30.0\u202fs"


UNREADABLE = re.compile(
    r"None|nan|inf\b|e\+|_type|\bUSD\b|  |\d\.\d{5,}|\(±0\.0\)|10\^6\.\d{2}|\(\)|\.\.|: \.| ,|-\d|task_type|segment\."
)


def test_every_card_of_the_account_reads_as_sentences(cycle_home: Path) -> None:
    """Nothing raw: no field names, no dollars in other words, no number with digits that nobody needs."""
    with closing(open_published(cycle_home)) as published:
        found = report(published).insights
    assert len(found) >= 15
    for insight in found:
        names = {insight.segment.value, *(each.name for each in insight.because.causes)}
        names |= {name for each in insight.because.candidates for name in (each.before, each.after) if name}
        for field in fields(Card):
            bare = text = getattr(insight.card, field.name)
            for name in (each for each in names if len(each) > 3):
                bare = bare.replace(name, "x")
            assert not UNREADABLE.search(bare), (field.name, text)
            if text and field.name != "moved":
                assert text[0].isupper() or text[0].isdigit(), text
                assert text[-1] == ".", text
        assert insight.card.moved
        assert insight.card.since
        assert insight.card.because
        assert insight.card.do_next


def test_a_finding_that_a_gate_holds_back_says_by_which_and_what_is_needed(cycle_home: Path) -> None:
    with closing(open_published(cycle_home)) as published:
        held = [each for each in report(published).insights if each.state == "held"]
    assert held
    for insight in held:
        assert insight.held_by is not None
        assert insight.held_by.have
        assert insight.held_by.need
        assert [gate.name for gate in insight.gates if not gate.passed]
