"""Did it help: the verdict from plan and parts, its guards and money; and issues that only evidence or people move."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from metrics.actions.issues import needed_sessions
from metrics.actions.lifecycle import Evidence, Exposure, lifecycle
from metrics.actions.model import Action, Guard, Plan, Step
from metrics.actions.plan import days_for
from metrics.actions.verdict import Counted, Seen, outcome
from metrics.actions.words import after_spell, money, verdict
from metrics.catalogue import catalogue
from metrics.comparison import judge
from metrics.comparison.model import Arm, KindOfTask, Side
from metrics.effects.measures import measure_of
from metrics.effects.moves import Sides, move_of
from metrics.insights.worth import Facts
from metrics.model import QueryError

SUCCESS, COST = catalogue()["success_rate"], catalogue()["cost_per_task"]
FACTS = Facts("refunds", "Refunds", 1000.0, 500.0, 18.0, None)
DAY = date(2026, 11, 1)
PLAN = Plan("success_rate", "up", 0.02, (Guard("cost_per_task", 0.01),), date(2026, 10, 1), date(2026, 10, 29))


def share(k: float, n: float, kind: str = "usual") -> dict[str, Any]:
    return {"task_type": kind, "slice": "", "numerator": k, "denominator": n, "n": n, "covered": n, "eligible": n}


def cost(mean: float, n: int, spread: float = 0.01, covered: float = 1.0) -> dict[str, Any]:
    squares = n * (mean * mean + spread * spread)
    return share(mean * n, n) | {"numerator_sq": squares, "covered": covered * n}


def seen(before: dict[str, Any], after: dict[str, Any], guard: Any = None, days: int = 28, **more: Any) -> Seen:
    held = guard or (cost(0.10, 1000), cost(0.10, 1000))
    metric, cost_ = (Counted(kpi, Sides([a], [b])) for kpi, (a, b) in ((SUCCESS, (before, after)), (COST, held)))
    return Seen(metric, (cost_,), days, DAY, FACTS, **more)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ((700, 1000), (900, 1000), "improved"),
        ((900, 1000), (700, 1000), "worse"),
        ((90_000, 100_000), (90_100, 100_000), "no_material_change"),
        ((255, 300), (264, 300), "undetermined"),
        ((17_000, 20_000), (17_500, 20_000), "improved_size_unclear"),
        ((20, 40), (40, 40), "undetermined"),
    ],
)
def test_the_words_are_those_of_the_specification(before: tuple[int, int], after: tuple[int, int], word: str) -> None:
    assert outcome(PLAN, seen(share(*before), share(*after))).verdict == word
    turned = replace(PLAN, direction="down")
    opposite = {"improved": "worse", "worse": "improved", "improved_size_unclear": "worse_size_unclear"}
    assert outcome(turned, seen(share(*before), share(*after))).verdict == opposite.get(word, word)


def test_shares_on_a_common_mix_have_the_limits_of_the_comparison() -> None:
    a, b = {"small": (81, 87), "large": (192, 263)}, {"small": (234, 270), "large": (55, 80)}
    arms = [
        Arm(Side("x", "a", DAY, DAY), tuple(KindOfTask(name, n, n, k) for name, (k, n) in each.items()), (), None, None)
        for each in (a, b)
    ]
    wanted = judge.mix_difference(*arms, 0.02)
    sides = Sides(*([share(k, n, name) for name, (k, n) in each.items()] for each in (a, b)))
    found = move_of(measure_of(SUCCESS), sides, 0.02)
    assert wanted is not None
    assert found is not None
    assert found.basis == "mix"
    assert found.amount == pytest.approx(wanted.amount)
    assert tuple(found.limits) == pytest.approx(tuple(wanted.limits))


def test_a_breached_guard_makes_an_improvement_a_trade_off() -> None:
    better = (share(700, 1000), share(900, 1000))
    breached = outcome(PLAN, seen(*better, guard=(cost(0.10, 1000), cost(0.20, 1000))))
    assert (breached.verdict, breached.guards[0].state) == ("trade_off", "breached")
    held = outcome(PLAN, seen(*better, guard=(cost(0.10, 1000), cost(0.105, 1000))))
    assert (held.verdict, held.guards[0].state) == ("improved", "held")
    open_ = outcome(PLAN, seen(*better, guard=(cost(0.10, 30), cost(0.20, 30))))
    assert (open_.verdict, open_.guards[0].state) == ("improved", "not_settled")


def test_the_effect_in_money_is_the_difference_times_volume_times_value_with_the_same_limits() -> None:
    found = outcome(PLAN, seen(share(700, 1000), share(900, 1000)))
    assert found.move is not None
    wanted = (found.move.amount, *found.move.limits)
    given = (found.money.value, found.money.low, found.money.high)
    assert given == pytest.approx(tuple(each * 1000 * 18 for each in wanted))
    assert money(found.money).startswith("saves $3")
    worse = outcome(PLAN, seen(share(900, 1000), share(700, 1000)))
    assert money(worse.money).startswith("costs $3")


def test_money_of_which_unlike_shares_have_a_price_is_no_verdict() -> None:
    plan = replace(PLAN, kpi="cost_per_task", direction="down", materiality=0.01, guards=())
    cheaper = Counted(COST, Sides([cost(0.30, 1000)], [cost(0.10, 1000)]))
    assert outcome(plan, Seen(cheaper, (), 28, DAY, FACTS)).verdict == "improved"
    unlike = Counted(COST, Sides([cost(0.30, 1000)], [cost(0.10, 1000, covered=0.6)]))
    found = outcome(plan, Seen(unlike, (), 28, DAY, FACTS))
    assert found.verdict == "undetermined"
    assert "Unlike shares" in found.says


def test_there_is_no_verdict_before_the_days_that_were_promised() -> None:
    found = outcome(PLAN, seen(share(700, 1000), share(900, 1000), days=6))
    assert (found.verdict, found.says[:10]) == ("undetermined", "Day 6 of 7")
    assert outcome(PLAN, seen(share(700, 1000), share(900, 1000), days=7)).verdict == "improved"


def test_what_is_needed_is_enough_when_it_is_there() -> None:
    found = outcome(PLAN, seen(share(8500, 10_000), share(264, 300))).move
    assert found is not None
    assert found.needed is not None
    then = outcome(PLAN, seen(share(8500, 10_000), share(0.88 * found.needed, found.needed)))
    assert then.verdict == "improved_size_unclear"
    fewer = outcome(PLAN, seen(share(8500, 10_000), share(0.88 * found.needed * 0.9, found.needed * 0.9)))
    assert fewer.verdict == "undetermined"


def test_too_few_days_to_compare_with_are_said_to_settle_nothing() -> None:
    found = outcome(PLAN, seen(share(51, 60), share(8_600, 10_000)))
    assert found.move is not None
    assert found.move.needed is None
    assert "no number of cases after the change" in found.says


def test_calls_of_one_task_that_fail_together_count_less() -> None:
    kpi = catalogue()["tool_reliability"]
    plain = share(900, 1000) | {"numerator_sq": 900, "denominator_sq": 1000, "cross_sum": 900}
    together = share(900, 1000) | {"numerator_sq": 9000, "denominator_sq": 10_000, "cross_sum": 9000}
    widths = []
    for row in (plain, together):
        move = move_of(measure_of(kpi), Sides([row], [row]), 0.02)
        assert move is not None
        widths.append((move.limits.hi - move.limits.lo, move.cases_after))
    assert widths[0][1] == 1000
    assert widths[1][1] == pytest.approx(100, abs=1)
    assert widths[1][0] > 2 * widths[0][0]


def test_the_bad_days_themselves_are_shown_and_are_not_the_verdict() -> None:
    plan = replace(PLAN, spell_from=date(2026, 10, 29), spell_to=date(2026, 11, 2))
    found = outcome(plan, seen(share(85_000, 100_000), share(85_000, 100_000), spell=[share(45, 100)]))
    assert found.verdict == "no_material_change"
    assert found.spell is not None
    assert found.spell.amount == pytest.approx(0.40)
    assert "not the verdict" in after_spell(plan, found)
    assert verdict(plan, found) == "back to what it was"


@pytest.mark.parametrize("bad", [share(85, 100), share(2, 4)], ids=["no worse", "too few"])
def test_nothing_was_brought_back_where_the_bad_days_were_not_surely_worse(bad: dict[str, Any]) -> None:
    plan = replace(PLAN, spell_from=date(2026, 10, 29), spell_to=date(2026, 11, 2))
    found = outcome(plan, seen(share(85_000, 100_000), share(85_000, 100_000), spell=[bad]))
    assert verdict(plan, found) == "no material change"


def test_the_design_is_never_better_than_planned() -> None:
    two = [share(70, 100, "a"), share(80, 100, "b")]
    sides = Counted(SUCCESS, Sides(two, two))
    plan = replace(PLAN, guards=())
    assert outcome(plan, Seen(sides, (), 28, DAY)).grade == "C"
    assert outcome(replace(plan, grade="D"), Seen(sides, (), 28, DAY)).grade == "D"
    assert outcome(plan, Seen(Counted(SUCCESS, Sides(two[:1], two[:1])), (), 28, DAY)).grade == "D"


def test_numbers_that_are_no_mean_of_cases_are_not_judged() -> None:
    judged = set()
    for name, kpi in catalogue().items():
        with suppress(QueryError):
            measure_of(kpi)
            judged.add(name)
    assert {"success_rate", "accuracy", "cost_per_task", "cost_per_success", "escalation_rate"} <= judged
    assert not judged & {"task_latency", "task_volume", "spend", "pass_k", "drift", "calibration"}


def test_without_a_finding_the_last_four_weeks_are_compared_with() -> None:
    days = days_for(None, date(2026, 11, 29))
    assert (days.start, days.end, days.spell_from) == (date(2026, 11, 1), date(2026, 11, 29), None)


def step(number: int, name: str) -> Step:
    return Step(str(number), "a", name, "Ida", datetime(2026, 11, number))


def test_a_step_that_cannot_follow_moves_nothing() -> None:
    action = Action("a", "refunds", "x", None, None, None, None, PLAN, datetime(2026, 11, 1), "Ida")
    names = ("kept", "accepted", "dismissed", "shipped", "accepted", "kept")
    after = replace(action, steps=tuple(step(number, name) for number, name in enumerate(names, 1)))
    assert after.state == "dismissed"
    assert after.shipped is None
    then = replace(action, steps=tuple(step(n, name) for n, name in enumerate(("accepted", "shipped", "kept"), 1)))
    assert (then.state, then.decided is not None) == ("kept", True)


@pytest.mark.parametrize(
    ("before", "after", "known"), [(None, None, None), ("improved", None, "improved"), (None, "worse", None)]
)
def test_a_decision_stands_on_the_verdict_written_down_before_it(
    before: str | None, after: str | None, known: str | None
) -> None:
    taken = [step(n, name) for n, name in enumerate(("accepted", "shipped", "kept"), 1)]
    written = [replace(step(9, "verdict"), verdict=word) for word in (before, after) if word]
    steps = (*taken[:2], *written, taken[2]) if before else (*taken, *written)
    action = Action("a", "refunds", "x", None, None, None, None, PLAN, datetime(2026, 11, 1), "Ida", steps)
    assert action.decided_on == known


ISSUE = Evidence(
    as_of=date(2026, 11, 27), first_seen=date(2026, 11, 1), last_begun=date(2026, 11, 1), open=True, ended_before=None,
    usual=Exposure(20, 400), earlier=Exposure(60, 300), recent=Exposure(20, 100), casewise=True,
)  # fmt: skip
RESOLVED = replace(ISSUE, resolved_on=date(2026, 11, 20))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (ISSUE, "ongoing"),
        (replace(ISSUE, first_seen=date(2026, 11, 22)), "new"),
        (replace(ISSUE, recent=Exposure(60, 100)), "escalating"),
        (replace(ISSUE, open=False, ended_before=date(2026, 11, 12)), "resolved"),
        (replace(ISSUE, ended_before=date(2026, 10, 20)), "regressed"),
        (replace(RESOLVED, since=Exposure(0, 0)), "resolved"),
        (replace(RESOLVED, since=Exposure(30, 60)), "regressed"),
        (replace(RESOLVED, ignored=True, since=Exposure(30, 60)), "ignored"),
    ],
)
def test_an_issue_stands_where_evidence_or_people_put_it(found: Evidence, state: str) -> None:
    assert lifecycle(found)[0] == state


def test_twice_the_traffic_at_the_same_rate_does_not_escalate() -> None:
    assert lifecycle(replace(ISSUE, recent=Exposure(1200, 6000)))[0] == "ongoing"


def test_no_exposure_since_it_was_resolved_says_nothing_and_one_case_does_not_reopen() -> None:
    assert "not known" in lifecycle(replace(RESOLVED, since=Exposure(0, 0)))[1]
    assert lifecycle(replace(RESOLVED, since=Exposure(0, 60))) == (
        "resolved",
        "0 of 60 since it was resolved on 20 Nov: at most 5.0\u202f%.",
    )
    clean = replace(RESOLVED, usual=Exposure(0, 400))
    assert lifecycle(replace(clean, since=Exposure(1, 60)))[0] == "resolved"


def test_what_happened_before_it_was_resolved_does_not_reopen_it_and_what_began_later_does() -> None:
    quiet = replace(RESOLVED, since=Exposure(3, 60))
    assert lifecycle(replace(quiet, last_begun=date(2026, 11, 20)))[0] == "resolved"
    assert lifecycle(replace(quiet, last_begun=date(2026, 11, 21)))[0] == "regressed"
    assert lifecycle(replace(RESOLVED, last_begun=date(2026, 11, 21), since=Exposure(0, 0)))[0] == "resolved"


@pytest.mark.parametrize(("sessions", "needed"), [(0, 2), (200, 2), (10_000, 5), (30_000, 15), (1_000_000, 15)])
def test_every_issue_can_be_raised_at_every_volume(sessions: int, needed: int) -> None:
    assert needed_sessions(sessions) == needed
