"""Limits that hold at every look: simulated sides that are looked at again and again while they grow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import stats
from metrics.catalogue import catalogue
from metrics.effects.arms import AmountArm, Arm, Cell, QuantileArm, ShareArm
from metrics.effects.measures import Means, Quantiles, measure_of, told_unlike
from metrics.effects.model import word_of
from metrics.effects.moves import Against, Sides, difference, move_of, put_together
from metrics.effects.words import amount, limits, named, size
from metrics.model import QueryError
from metrics.parts import Row
from metrics.stats.anytime import smoothed_spread
from metrics.stats.buckets import bucket_of
from metrics.stats.interval import Interval

ROUNDS = 200
# 5 % of the rounds may miss, and four standard deviations of chance on top.
MISSES = 0.05 * ROUNDS + 4 * math.sqrt(0.05 * 0.95 * ROUNDS)
LOOKS = np.unique(np.geomspace(50, 3000, 40).astype(int))
Rng = np.random.Generator


def share_arm(k: float, n: float) -> Arm:
    return ShareArm([Cell(n, k / n, smoothed_spread(k, n), n)], [1.0])


def amount_arm(values: np.ndarray) -> Arm:
    return AmountArm([Cell(len(values), float(values.mean()), float(values.var(ddof=1)), len(values))], [1.0])


def quantile_arm(values: np.ndarray, q: float) -> Arm:
    return QuantileArm([Counter(bucket_of(float(value)) for value in values)], [1.0], q)


def misses(
    draw: Callable[[Rng, int], np.ndarray],
    arm: Callable[[np.ndarray], Arm],
    before: int | None,
    *,
    relative: bool = False,
    rounds: int = ROUNDS,
) -> int:
    """In how many rounds of two equal sides some look sees a difference; `before` None: both sides grow."""
    rng, missed = np.random.default_rng(11), 0
    for _ in range(rounds):
        one, two = draw(rng, before or int(LOOKS[-1])), draw(rng, int(LOOKS[-1]))
        fixed = arm(one)
        missed += any(_told(fixed if before else arm(one[:n]), arm(two[:n]), relative=relative) for n in LOOKS)
    return missed


def _told(before: Arm, after: Arm, *, relative: bool) -> bool:
    if min(before.cases, after.cases) < max(before.least, after.least):
        return False
    found = put_together([(-1.0, before), (1.0, after)], relative=relative)[1]
    return not found.lo <= 0 <= found.hi


@pytest.mark.parametrize("before", [None, 100, 20_000])
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.97, 0.995])
def test_a_share_that_did_not_move_is_never_said_to_at_any_look(rate: float, before: int | None) -> None:
    def draw(rng: Rng, n: int) -> np.ndarray:
        return rng.random(n) < rate

    assert misses(draw, lambda seen: share_arm(float(seen.sum()), len(seen)), before) <= MISSES


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("before", [None, 200, 20_000])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.5])
def test_a_mean_cost_with_a_heavy_tail_is_never_said_to_move_at_any_look(
    sigma: float, before: int | None, *, relative: bool
) -> None:
    def draw(rng: Rng, n: int) -> np.ndarray:
        return np.exp(rng.normal(0, sigma, n))

    assert misses(draw, amount_arm, before, relative=relative) <= MISSES


@pytest.mark.parametrize("q", [0.5, 0.95])
@pytest.mark.parametrize("before", [None, 1000])
def test_a_quantile_that_did_not_move_is_never_said_to_at_any_look(q: float, before: int | None) -> None:
    def draw(rng: Rng, n: int) -> np.ndarray:
        return np.exp(rng.normal(6, 1.0, n))

    rounds = 50
    missed = misses(draw, lambda seen: quantile_arm(seen, q), before, rounds=rounds)
    assert missed <= 0.05 * rounds + 4 * math.sqrt(0.05 * 0.95 * rounds)


def test_a_move_that_is_there_lies_within_the_limits_at_every_look_and_is_found() -> None:
    rng, outside, found = np.random.default_rng(5), 0, 0
    for _ in range(ROUNDS):
        one, two = rng.random(3000) < 0.85, rng.random(3000) < 0.92
        seen = [
            difference(Against(share_arm(one[:n].sum(), n), share_arm(two[:n].sum(), n), "raw"), 0.02, (0, 0))
            for n in LOOKS
        ]
        moves = [move for move in seen if move is not None]
        outside += any(not move.limits.lo <= 0.07 <= move.limits.hi for move in moves)
        found += word_of(moves[-1], 0.02) == "improved"
    assert outside <= MISSES
    assert found >= 0.95 * ROUNDS


def test_twenty_cases_a_side_never_move_however_far_apart_they_came_out() -> None:
    rng, apart = np.random.default_rng(3), 0
    for _ in range(ROUNDS):
        one, two = (amount_arm(np.exp(rng.normal(0, 1, 20))) for _ in range(2))
        found = difference(Against(one, two, "raw"), 0.05, (0, 0), relative=True)
        assert found is not None
        assert word_of(found, 0.05, "down") == "undetermined"
        apart += abs(found.amount) >= 0.05
    assert apart >= 0.8 * ROUNDS, "nearly all such pairs came out five percent apart"


def test_what_hit_everybody_is_taken_off_by_the_control() -> None:
    rng, blamed, blamed_alone = np.random.default_rng(9), 0, 0
    for _ in range(ROUNDS):
        own = [rng.binomial(400, 0.9), rng.binomial(400, 0.75)]
        other = [rng.binomial(400, 0.8), rng.binomial(400, 0.65)]
        arms = [share_arm(k, 400) for k in (*own, *other)]
        less = difference(Against(arms[0], arms[1], "raw"), 0.02, (0, 0), control=Against(arms[2], arms[3], "raw"))
        alone = difference(Against(arms[0], arms[1], "raw"), 0.02, (0, 0))
        assert less is not None
        assert less.control == pytest.approx((other[1] - other[0]) / 400)
        assert less.amount == pytest.approx((own[1] - own[0] - other[1] + other[0]) / 400)
        blamed += word_of(less, 0.02) != "undetermined"
        blamed_alone += word_of(alone, 0.02).startswith("worse")
    assert blamed <= MISSES
    assert blamed_alone >= 0.95 * ROUNDS


def share_row(k: float, n: float, kind: str = "usual") -> Row:
    return {"task_type": kind, "slice": "", "numerator": k, "denominator": n, "n": n, "covered": n, "eligible": n}


@given(
    st.integers(1, 400), st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.integers(1, 10), st.floats(0, 0.3)
)
def test_the_limits_hold_the_difference_and_turn_with_the_sides(
    n1: int, n2: int, p1: float, p2: float, times: int, rope: float
) -> None:
    a, b = share_row(round(p1 * n1), n1), share_row(round(p2 * n2), n2)
    one, two = (move_of(Means("ratio", "ratio"), Sides([x], [y]), rope + 0.01) for x, y in ((a, b), (b, a)))
    assert one is not None
    assert two is not None
    assert one.limits.lo <= one.amount <= one.limits.hi
    assert (one.limits.lo, one.limits.hi) == pytest.approx((-two.limits.hi, -two.limits.lo))
    more = [replace_row(row, times) for row in (a, b)]
    wide = move_of(Means("ratio", "ratio"), Sides([more[0]], [more[1]]), rope + 0.01)
    assert wide is not None
    assert wide.limits.hi - wide.limits.lo <= one.limits.hi - one.limits.lo + 1e-9


def replace_row(row: Row, times: int) -> Row:
    return row | {name: row[name] * times for name in ("numerator", "denominator", "n")}


def test_kinds_of_work_that_both_sides_have_are_weighted_alike_and_small_ones_put_together() -> None:
    before = [
        share_row(81, 87, "small"),
        share_row(192, 263, "large"),
        share_row(5, 10, "rare"),
        share_row(9, 9, "gone"),
    ]
    after = [share_row(234, 270, "small"), share_row(55, 80, "large"), share_row(6, 20, "rare")]
    found = move_of(Means("ratio", "ratio"), Sides(before, after), 0.02)
    assert found is not None
    assert (found.basis, found.cases_before) == ("mix", 360)
    weights = np.array([357, 343, 30]) / 730
    wanted = weights @ (np.array([234 / 270, 55 / 80, 6 / 20]) - np.array([81 / 87, 192 / 263, 5 / 10]))
    assert found.amount == pytest.approx(float(wanted))


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_a_quantile_on_a_common_mix_is_that_of_all_durations_so_weighted(q: float) -> None:
    rng = np.random.default_rng(1)
    quick, slow = np.exp(rng.normal(5, 0.5, 3000)), np.exp(rng.normal(7, 0.5, 3000))
    arm = QuantileArm([Counter(map(bucket_of, quick)), Counter(map(bucket_of, slow))], [0.8, 0.2], q)
    drawn = np.concatenate([np.repeat(quick, 4), slow])
    assert arm.value == pytest.approx(float(np.quantile(drawn, q)), rel=0.02)
    limits_ = arm.limits(2.0)
    assert limits_.lo < arm.value < limits_.hi


NONE = {"buckets": np.zeros(0, dtype=int), "ns": np.zeros(0, dtype=int)}


def buckets(values: Iterable[float], kind: str = "usual") -> list[Row]:
    counts = Counter(bucket_of(value) for value in values)
    return [
        {
            "task_type": kind, "slice": "", "buckets": np.array(list(counts)), "ns": np.array(list(counts.values())),
            "eligible": counts.total(),
        }
    ]  # fmt: skip


def test_a_slower_tail_is_found_in_milliseconds_and_too_few_cases_bound_nothing() -> None:
    rng = np.random.default_rng(2)

    def draw(n: int, factor: float) -> np.ndarray:
        return factor * np.exp(rng.normal(8, 0.4, n))

    found = move_of(Quantiles(0.95), Sides(buckets(draw(8000, 1.0)), buckets(draw(8000, 1.5))), 100.0)
    assert found is not None
    assert found.amount == pytest.approx(0.5 * math.exp(8 + 0.4 * 1.645), rel=0.15)
    assert word_of(found, 100.0, "down") == "worse"
    sides = Sides(buckets(draw(120, 1.0)), buckets(draw(120, 1.0)))
    few = move_of(Quantiles(0.95), sides, 100.0, both_grow=True)
    assert few is not None
    assert (few.bounded, word_of(few, 100.0, "down")) == (False, "undetermined")
    assert few.needed is not None
    assert few.needed > 175
    fixed = move_of(Quantiles(0.95), sides, 100.0)
    assert fixed is not None
    assert fixed.needed is None, "a side that stays as it is bounds nothing, however many come after"


def test_a_heavy_tail_needs_more_cases_before_it_is_judged() -> None:
    mild, heavy = (AmountArm([Cell(200, 1.0, spread, 200)], [1.0]) for spread in (0.25, 4.0))
    assert (mild.least, heavy.least) == (50, 600)
    found = difference(Against(mild, heavy, "raw"), 0.01, (1, 1))
    assert found is not None
    assert (found.enough, found.least, found.fewest) == (False, 600, 200)


def test_what_is_needed_is_enough_and_a_tenth_less_is_not() -> None:
    for arms in (
        (share_arm(8500, 10_000), share_arm(264, 300)),
        (AmountArm([Cell(5000, 1.0, 0.2, 1)], [1.0]), AmountArm([Cell(80, 1.06, 0.2, 1)], [1.0])),
    ):
        found = difference(Against(*arms, "raw"), 0.02, (0, 0))
        assert found is not None
        assert found.needed is not None
        words = []
        for cases in (found.needed, 0.9 * found.needed):
            again = difference(Against(arms[0], arms[1].grown(cases), "raw"), 0.02, (0, 0))
            words.append(word_of(again, 0.02))
        assert words == ["improved_size_unclear", "undetermined"]


@pytest.mark.parametrize(
    ("k", "n", "word"),
    [
        ((700, 900), (1000, 1000), "improved"),
        ((900, 700), (1000, 1000), "worse"),
        ((255, 264), (300, 300), "undetermined"),
        ((90_000, 90_100), (100_000, 100_000), "no_material_change"),
        ((17_000, 17_500), (20_000, 20_000), "improved_size_unclear"),
        ((20, 40), (40, 40), "undetermined"),
    ],
)
def test_the_words_are_those_of_the_published_vectors(k: tuple[int, int], n: tuple[int, int], word: str) -> None:
    found = move_of(Means("ratio", "ratio"), Sides([share_row(k[0], n[0])], [share_row(k[1], n[1])]), 0.02)
    assert word_of(found, 0.02) == word == stats.change_verdict_anytime(k[0], n[0], k[1], n[1], 0.02).verdict


def test_numbers_without_limits_are_refused_with_the_reason() -> None:
    known = catalogue()
    for name, part, reason in (
        ("model_latency", "p95", "task_latency"),
        ("task_latency", "", "p50, p95"),
        ("task_latency", "p99", "p50, p95"),
        ("pass_k", "", "no share, mean or quantile"),
        ("spend", "", "no share, mean or quantile"),
    ):
        with pytest.raises(QueryError, match=reason):
            measure_of(known[name], part)
    assert measure_of(known["task_latency"], "p95") == Quantiles(0.95)


def test_unlike_shares_of_unmeasured_durations_are_said() -> None:
    kpi, measure = catalogue()["task_latency"], Quantiles(0.95)
    all_told = buckets([100.0] * 100)
    some = [*buckets([100.0] * 90), {"task_type": "usual", "slice": "", **NONE, "eligible": 10}]
    assert told_unlike(kpi, measure, all_told, all_told) == ""
    assert "measured duration" in told_unlike(kpi, measure, all_told, some)


def test_differences_read_in_their_unit() -> None:
    assert amount(-0.0213, "ratio") == "−2.1\u202fpt"
    assert amount(-0.057, "relative") == "−5.7\u202f%"
    assert size(0.02, "ratio") == "2 points"
    assert size(0.05, "relative") == "5 %"
    assert limits(Interval(-3.0, math.inf), "ms") == "at least −3.00\u202fms"
    assert limits(Interval(-math.inf, math.inf), "ms") == "no bound yet"
    assert named("Time to done", "p95") == "p95 of time to done"
    assert named("Tool reliability", "portal") == "Tool reliability of portal"


def test_a_sum_of_arms_is_their_signed_sum_and_relative_their_quotient() -> None:
    one, two = (AmountArm([Cell(500, value, 0.04, 500)], [1.0]) for value in (2.0, 3.0))
    plain, limits_ = put_together([(-1.0, one), (1.0, two)])
    assert plain == pytest.approx(1.0)
    share, relative = put_together([(-1.0, one), (1.0, two)], relative=True)
    assert share == pytest.approx(0.5)
    assert limits_.lo < 1.0 < limits_.hi
    assert relative.lo < 0.5 < relative.hi
