"""The statistics against known answers and against what must hold for any input."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import stats
from metrics.stats.buckets import ALPHA, Ordered, OrderedGroups, bucket_of, quantile

counts = st.integers(min_value=1, max_value=5000).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)
durations = st.lists(st.floats(min_value=0.01, max_value=1e8), min_size=1, max_size=200)


@given(counts)
def test_wilson_holds_the_rate_and_stays_between_zero_and_one(drawn: tuple[int, int]) -> None:
    k, n = drawn
    limits = stats.wilson(k, n)
    assert limits is not None
    assert 0 <= limits.lo <= k / n <= limits.hi <= 1


@given(counts, st.floats(min_value=0.1, max_value=50))
def test_equal_weights_change_nothing(drawn: tuple[int, int], weight: float) -> None:
    k, n = drawn
    weighted, plain = stats.wilson_weighted(k * weight, n * weight, n * weight * weight), stats.wilson(k, n)
    assert weighted is not None
    assert plain is not None
    assert weighted == pytest.approx(plain, rel=1e-6, abs=1e-9)


@given(durations, st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_from_buckets_is_within_one_percent(values: list[float], q: float) -> None:
    counted: dict[int, int] = {}
    for value in values:
        counted[bucket_of(value)] = counted.get(bucket_of(value), 0) + 1
    exact = sorted(values)[math.floor(q * (len(values) - 1))]
    assert quantile(counted, q) == pytest.approx(exact, rel=ALPHA * 1.001)


@given(st.lists(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), max_size=12), max_size=6), st.floats(0, 1))
def test_groups_read_together_are_as_each_alone(groups: list[list[tuple[int, int]]], q: float) -> None:
    pairs = [np.array(group, dtype=int).reshape(-1, 2) for group in groups]
    together = OrderedGroups.of([each[:, 0] for each in pairs], [each[:, 1] for each in pairs])
    alone = [Ordered.of(group) for group in groups]
    assert together.n.tolist() == [each.n for each in alone]
    found = together.at_ranks(q * (together.n - 1)).tolist()
    expected = [each.at_rank(q * (each.n - 1)) if each.n else math.nan for each in alone]
    assert found == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
    assert all(np.isnan(together.at_ranks(ranks)).all() for ranks in (together.n, np.full(len(groups), -1)))
    lasts = [(together.group(place).at_rank(each.n - 1), each) for place, each in enumerate(alone) if each.n]
    assert all(last == each.at_rank(each.n - 1) for last, each in lasts)


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=2, max_size=60), st.randoms())
@settings(max_examples=25)
def test_the_bootstrap_does_not_depend_on_the_order_of_jobs(scores: list[float], random: Any) -> None:
    mixed = list(scores)
    random.shuffle(mixed)
    limits = stats.group_bootstrap(scores)
    assert limits is not None
    assert stats.group_bootstrap(mixed) == limits
    assert limits.lo <= limits.hi


@given(st.integers(min_value=1, max_value=3000), st.sampled_from([0.5, 0.95, 0.99]))
def test_the_ranks_around_a_quantile_hold_it_often_enough(n: int, p: float) -> None:
    from scipy.stats import binom

    found = stats.quantile_order_stat_ci(n, p)
    assert (found.lower_rank or 0) == int(binom.ppf(0.025, n, p))
    assert (found.upper_rank or n + 1) == min(int(binom.ppf(0.975, n, p)) + 1, n + 1)


clusters = st.lists(
    st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=40
)


def summed(pairs: list[tuple[int, int]]) -> stats.ClusterParts:
    """The parts of clusters of k events in n calls."""
    k, n = sum(k for k, _ in pairs), sum(n for _, n in pairs)
    return stats.ClusterParts(
        k, n, sum(k * k for k, _ in pairs), sum(k * n for k, n in pairs), sum(n * n for _, n in pairs)
    )


def test_the_parts_of_clusters_give_the_known_standard_error(shared: Path) -> None:
    everything = json.loads((shared / "kpis" / "checks.json").read_text(encoding="utf-8"))["checks"]
    (check,) = (each for each in everything if each["algo"] == "clustered_se_mean")
    pairs = [(3, 4), (0, 3), (2, 2), (2, 3), (2, 4)]
    assert sum(n for _, n in pairs) == len(check["inputs"]["y"])
    assert stats.clustered_se(summed(pairs)) == pytest.approx(check["expected"]["se_cluster"], abs=1e-10)


@given(clusters)
def test_calls_that_go_together_never_make_a_rate_surer(pairs: list[tuple[int, int]]) -> None:
    parts = summed(pairs)
    widened, plain = stats.wilson_clustered(parts), stats.wilson(parts.k, parts.n)
    assert widened is not None
    assert plain is not None
    assert widened.lo <= plain.lo + 1e-12
    assert widened.hi >= plain.hi - 1e-12
    assert 0 <= widened.lo <= parts.k / parts.n <= widened.hi <= 1


@given(counts)
def test_calls_that_stand_alone_keep_the_plain_interval(drawn: tuple[int, int]) -> None:
    k, n = drawn
    found = stats.wilson_clustered(stats.ClusterParts(k, n, k, k, n))
    assert found == pytest.approx(stats.wilson(k, n), abs=1e-9)


def test_tasks_that_fail_as_a_whole_count_as_single_calls() -> None:
    whole = stats.wilson_clustered(summed([(5, 5)] * 30 + [(0, 5)] * 10))
    assert whole == pytest.approx(stats.wilson(30, 40), abs=1e-9)


def test_the_clustered_interval_holds_the_truth_where_the_plain_one_does_not() -> None:
    random = np.random.default_rng(20261123)
    held = {"clustered": 0, "plain": 0}
    for _ in range(1000):
        chances = random.beta(8, 2, size=80)
        calls = random.integers(1, 12, size=80)
        parts = summed(list(zip(random.binomial(calls, chances).tolist(), calls.tolist(), strict=True)))
        for name, limits in {
            "clustered": stats.wilson_clustered(parts),
            "plain": stats.wilson(parts.k, parts.n),
        }.items():
            assert limits is not None
            held[name] += limits.lo <= 0.8 <= limits.hi
    assert held["clustered"] / 1000 == pytest.approx(0.95, abs=0.02)
    assert held["plain"] / 1000 < 0.90


def test_mixed_calls_of_a_single_task_say_nothing_about_other_tasks() -> None:
    assert stats.wilson_clustered(summed([(20, 40)])) is None
    assert stats.wilson_clustered(summed([(40, 40)])) == stats.wilson(40, 40)
    assert stats.wilson_clustered(stats.ClusterParts(0, 0, 0, 0, 0)) is None


@given(counts, st.integers(0, 5000), st.integers(0, 5000))
def test_the_worst_case_holds_the_share_whatever_the_unlabelled_were(
    labelled: tuple[int, int], right: int, wrong: int
) -> None:
    k, n = labelled
    total = n + right + wrong
    limits = stats.missing_label_bounds(k, n, total)
    assert limits is not None
    assert limits.lo <= (k + right) / total <= limits.hi


def test_nothing_to_label_has_no_worst_case() -> None:
    assert stats.missing_label_bounds(0, 0, 0) is None


def test_one_job_says_nothing_about_other_jobs() -> None:
    assert stats.group_bootstrap([1.0]) is None


@given(st.lists(st.floats(min_value=0.001, max_value=100), min_size=2, max_size=80))
def test_the_interval_of_a_mean_cost_holds_it_and_stays_positive(costs: list[float]) -> None:
    limits = stats.log_delta_mean(sum(costs), sum(cost * cost for cost in costs), len(costs))
    assert limits is not None
    assert 0 < limits.lo <= sum(costs) / len(costs) * (1 + 1e-9)
    assert limits.hi >= sum(costs) / len(costs) * (1 - 1e-9)


@pytest.mark.parametrize(("total", "n"), [(0.0, 10), (-1.0, 10), (5.0, 1), (0.0, 0)])
def test_a_mean_without_spread_or_size_has_no_interval(total: float, n: int) -> None:
    assert stats.log_delta_mean(total, total * total, n) is None


def test_fieller_has_no_bound_with_one_success_among_many() -> None:
    parts = stats.ratio.RatioParts(x=30.0, x_sq=40.0, y=1.0, y_sq=1.0, cross=1.0, n=30)
    assert stats.fieller(parts) is None


@given(counts, counts)
def test_swapping_two_periods_turns_the_difference_around(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = stats.newcombe_diff(*one, *other), stats.newcombe_diff(*other, *one)
    assert there is not None
    assert back is not None
    assert there.lo == pytest.approx(-back.hi)
    assert there.lo <= one[0] / one[1] - other[0] / other[1] <= there.hi


def test_a_relative_change_needs_positive_numbers() -> None:
    some = stats.Interval(1.0, 3.0)
    assert stats.relative_interval(2.0, some, 0.0, stats.Interval(0.0, 1.0)) is None
    found = stats.relative_interval(2.0, some, 2.0, some)
    assert found is not None
    assert found.lo < 0 < found.hi


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stats.pass_hat_k_item(3, 2, 4),
        lambda: stats.one_sided_upper_zero_events(10, k=1),
        lambda: stats.relative_change_pct(1.0, 0.0),
        lambda: stats.ratio_ci([1.0, 2.0], [0.0, 0.0]),
        lambda: stats.value_at_rank({3: 2}, 2),
    ],
)
def test_what_cannot_be_computed_is_an_error_not_a_zero(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()
