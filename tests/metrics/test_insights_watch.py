"""The detector: the promise on false alarms, what moves a rate and what does not, since when, and when it is over."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import stats
from metrics.insights.baseline import Baseline, baseline_of
from metrics.insights.model import Budget, Gate
from metrics.insights.streams import Stream
from metrics.insights.watch import BUDGET_DAYS, budget_of, episodes, watch
from tests.metrics.insight_streams import stream

DAYS = 84
QUARTER = 118
TIGHT = budget_of(320)


def constant(rate: float, n: float, days: int = DAYS) -> Stream:
    return stream([rate * n] * days, [n] * days)


def changed(before: float, after: float, day: int, n: float = 30, days: int = DAYS, ended: int = 10**6) -> Stream:
    rates = [after if day <= place < ended else before for place in range(days)]
    return stream([rate * n for rate in rates], [n] * days)


def alarms(found: Stream, budget: Budget = TIGHT) -> list[tuple[int, int, int | None]]:
    base = baseline_of(found)
    assert isinstance(base, Baseline)
    made = [each for way in ("down", "up") for each in episodes(found, base, way, budget)]
    return [(each.onset, each.alarm, each.ended) for each in made if each.alarmed]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=20), st.floats(0.01, 0.99))
def test_the_paths_of_many_streams_are_those_of_one(days: list[tuple[int, int]], p0: float) -> None:
    cases = [(min(s, n), n) for s, n in days]
    one = stats.e_shiryaev_roberts_daily(cases, p0)["M"]
    s, n = np.array([cases], float).transpose(2, 0, 1)
    many = stats.e_shiryaev_roberts_paths(s, n, np.full_like(s, p0))[0]
    assert many == pytest.approx([math.log(value) if value else -math.inf for value in one], rel=1e-6, abs=1e-6)


def test_ten_quiet_quarters_of_320_streams_stay_inside_the_budget() -> None:
    raised = 0
    for quarter in range(10):
        draw = np.random.default_rng(quarter)
        rates = draw.uniform(0.02, 0.98, size=160)
        for rate in rates:
            n = draw.poisson(30, QUARTER).astype(float)
            found = stream(draw.binomial(n.astype(int), rate).astype(float), n)
            raised += len(alarms(found))
    assert raised <= 10 * TIGHT.false_alarms


def test_quiet_weeks_with_quiet_weekends_and_a_bad_weekday_raise_nothing() -> None:
    draw = np.random.default_rng(3)
    rates = np.array([0.9, 0.9, 0.9, 0.9, 0.75, 0.9, 0.9])
    n = np.array([40, 40, 40, 40, 40, 2, 0], float)
    days = np.arange(QUARTER) % 7
    found = stream(draw.binomial(n[days].astype(int), rates[days]).astype(float), n[days])
    assert alarms(found) == []


def test_the_threshold_is_streams_times_days_over_the_tolerated_alarms() -> None:
    assert budget_of(320).threshold == 28_800
    assert budget_of(320).days == BUDGET_DAYS


def test_a_drop_is_found_with_its_day() -> None:
    ((onset, alarm, ended),) = alarms(changed(0.95, 0.80, 50))
    assert (onset, ended) == (50, None)
    assert alarm - onset <= 6


def test_what_is_over_has_an_end_and_the_watch_begins_anew() -> None:
    rates = [0.5 if 40 <= day < 48 or 65 <= day < 75 else 0.9 for day in range(DAYS)]
    found = stream([30 * rate for rate in rates], [30] * DAYS)
    assert [(onset, ended) for onset, _, ended in alarms(found)] == [(40, 48), (65, 75)]


def test_twice_the_traffic_with_the_same_failure_rate_raises_nothing() -> None:
    n = np.where(np.arange(DAYS) < 45, 20.0, 40.0)
    assert alarms(stream(0.9 * n, n)) == []


def test_twice_the_sampling_of_a_judge_raises_nothing() -> None:
    n = np.where(np.arange(DAYS) < 45, 3.0, 6.0)
    assert alarms(stream(0.7 * n, n, kpi="judge_score")) == []


def test_a_shift_of_the_mix_raises_nothing_while_kinds_stay_as_they_were() -> None:
    easy = np.where(np.arange(DAYS) < 50, 20.0, 5.0)
    hard = 25.0 - easy
    parts = {"easy": (0.9 * easy, easy), "hard": (0.5 * hard, hard)}
    assert alarms(stream(0.9 * easy + 0.5 * hard, [25.0] * DAYS, parts)) == []


def test_a_drop_in_one_kind_of_work_is_found_there_although_the_whole_hardly_moves() -> None:
    usual, rare = [38.0] * DAYS, [8.0] * DAYS
    good = [7.0 if day < 50 else 2.0 for day in range(DAYS)]
    found = stream([36 + each for each in good], [46.0] * DAYS, {"usual": ([36.0] * DAYS, usual), "rare": (good, rare)})
    (episode,) = [each for each in watch([found]).episodes if each.alarmed]
    assert (episode.driver.segment.value, episode.onset) == ("rare", 50)


def test_calls_of_one_task_count_as_one_case() -> None:
    """Two tasks whose two hundred calls all fail are two cases, not two hundred."""
    n = np.full(DAYS, 200.0)
    s = np.where(np.arange(DAYS) == 50, 0.0, 190.0)
    assert alarms(stream(s, n)) != []
    assert alarms(stream(s, n, cluster=100.0)) == []


def test_a_baseline_with_a_change_inside_begins_with_the_change() -> None:
    found = changed(0.4, 0.9, 9)
    assert baseline_of(found) == Baseline(9, 37)
    assert alarms(found) == []


def test_what_is_too_young_or_too_small_is_held_back_with_what_is_needed() -> None:
    young, small = baseline_of(constant(0.9, 30, days=20)), baseline_of(constant(0.9, 0.5))
    assert isinstance(young, Gate)
    assert isinstance(small, Gate)
    assert (young.name, young.need) == ("history", "29 days")
    assert (small.name, small.have, small.need) == ("cases before", "14 in 28 days", "30")


def test_days_without_work_raise_nothing_and_the_change_is_named_on_the_first_day_with_work() -> None:
    n = np.where(np.arange(DAYS) % 7 >= 5, 0.0, 30.0)
    rates = np.where(np.arange(DAYS) >= 47, 0.6, 0.95)  # day 47 is a Saturday
    ((onset, _, _),) = alarms(stream(rates * n, n))
    assert onset == 49
    silent = stream(0.95 * n, np.where(np.arange(DAYS) >= 47, 0.0, n))
    assert alarms(stream(np.minimum(silent.whole.s, silent.whole.n), silent.whole.n)) == []


def test_a_share_that_was_always_nothing_is_no_reason_for_an_alarm() -> None:
    assert alarms(stream([0.0] * DAYS, [500.0] * DAYS)) == []
    assert alarms(stream([500.0] * DAYS, [500.0] * DAYS)) == []


def test_evidence_is_an_e_value_that_one_finding_alone_can_stand_on() -> None:
    found = changed(0.95, 0.5, 50)
    watched = watch([found, *(constant(0.9, 30) for _ in range(9))])
    (episode,) = watched.episodes
    assert math.exp(episode.log_e) * BUDGET_DAYS >= watched.budget.threshold
    assert math.exp(episode.log_e) >= watched.budget.streams / 0.1
