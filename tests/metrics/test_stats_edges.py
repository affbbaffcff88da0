"""Nothing, everything, one case and ties: what every statistic says at the edge of its data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from metrics import stats
from metrics.stats import Interval

NOBODY = (
    lambda: stats.clustered_se_mean([], []),
    lambda: stats.active_inference_mean([], [], [], []),
    lambda: stats.active_inference_mean([0.5, 0.5], [0.0, 0.5], [1, 0], [1.0, None]),
    lambda: stats.pass_hat_k(4, {}, 0),
    lambda: stats.pass_hat_k_item(3, 4, 2),
    lambda: stats.pass_hat_k_invert([0.5, 0.4], 10, 3),
    lambda: stats.outcome_consistency([]),
    lambda: stats.resource_consistency([]),
    lambda: stats.resource_consistency([0.0, 0.0]),
    lambda: stats.frontier_cost_of_pass([], 1.0),
    lambda: stats.calibration([], []),
    lambda: stats.calibration_ece([], []),
    lambda: stats.calibration_ece([0.5], []),
    lambda: stats.binned_calibration([]),
    lambda: stats.threshold_fixed_sequence([0.9], [(9, 10)], 1.0),
    lambda: stats.economic_threshold(0.0, 1.0, 0.0),
    lambda: stats.sample_ratio_mismatch([0, 0], [1, 1]),
    lambda: stats.psi_expected_under_null(10, 0, 5),
    lambda: stats.psi_jsd([0, 0], [1, 1]),
    lambda: stats.sliceline_score(0.1, 0.0, 10, 100),
    lambda: stats.e_sr_alarm_budget(10, 90, 0),
    lambda: stats.clopper_pearson(3, 2),
    lambda: stats.change_verdict_anytime(0, 0, 5, 10, 0.02),
    lambda: stats.cost_of_pass_ratio((1.0, 0.0), (1.0, 1.0)),
    lambda: stats.difference_in_differences((0, 0), (1, 2), (1, 2), (1, 2)),
    lambda: stats.cohens_kappa([[0, 0], [0, 0]]),
    lambda: stats.ppi_plus_plus_mean([], [], 1, 1),
    lambda: stats.ppi_smoothed_effective_wilson(50, 5, 5, 50, 0, 0),
    lambda: stats.allocate_shared_cost(100, {"a": 0.0}),
    lambda: stats.ratio_of_sums_vs_mean_of_ratios([], [], []),
    lambda: stats.labels_for_half_width(0.9, 0.0),
)


@pytest.mark.parametrize("asked", NOBODY)
def test_what_no_data_can_answer_is_an_error_in_words(asked: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        asked()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: stats.wilson(0, 0), None),
        (lambda: stats.clopper_pearson(0, 0), None),
        (lambda: stats.clopper_pearson(7, 7), Interval(0.025 ** (1 / 7), 1.0)),
        (lambda: stats.wilson_weighted(0.0, 0.0, 0.0), None),
        (lambda: stats.newcombe_diff(0, 0, 5, 10), None),
        (lambda: stats.one_sided_upper_zero_events(1), 0.95),
        (lambda: stats.missing_label_bounds(0, 0, 7), Interval(0.0, 1.0)),
        (lambda: stats.missing_label_bounds(7, 7, 7), Interval(1.0, 1.0)),
        (lambda: stats.pooled_rate([]), {"pooled": None}),
        (lambda: stats.pooled_rate([{"k": 0, "n": 0}]), {"pooled": None}),
        (lambda: stats.quantile_with_inflight([], [], 0.5), {"value": None, "reported": "unknown"}),
        (lambda: stats.quantile_with_inflight([5.0, 5.0, 5.0], [], 0.95), {"value": 5.0, "reported": "5"}),
        (lambda: stats.quantile_with_inflight([], [7.0], 0.5), {"value": 7.0, "reported": ">=7 (censored)"}),
        (lambda: stats.escalation_precision_recall(0, 0, 0, 0, 0, 0)["recall"], None),
        (lambda: stats.containment_autonomy(0, 0, 0, 0, 0), {"containment": None, "autonomy": None}),
        (lambda: stats.cost_of_pass(0.0, mean_cost=1.0), math.inf),
        (lambda: stats.benjamini_hochberg([]).rejected, 0),
        (lambda: stats.e_benjamini_hochberg([]), {"rejected": 0}),
        (lambda: stats.auroc([0.5, 0.5], [1, 0]), 0.5),
        (lambda: stats.auroc([0.5], [1]), None),
        (lambda: stats.pass_hat_k_item(4, 4, 4), 1.0),
        (lambda: stats.pass_hat_k_item(4, 0, 1), 0.0),
        (lambda: stats.outcome_consistency([1, 1, 1]), 1.0),
        (lambda: stats.resource_consistency([2.0, 2.0]), 1.0),
        (lambda: stats.krippendorff_alpha_nominal([]), None),
        (lambda: stats.fieller(stats.ratio.RatioParts(1.0, 1.0, 0.0, 0.0, 0.0, 5)), None),
        (lambda: stats.group_bootstrap([]), None),
        (lambda: stats.group_bootstrap([0.5, 0.5, 0.5]), Interval(0.5, 0.5)),
        (lambda: stats.bernoulli_confidence_sequence_subbernoulli(0, 0), Interval(0.0, 1.0)),
        (lambda: stats.psi_jsd([3, 4], [6, 8]).psi, 0.0),
        (lambda: stats.threshold_fixed_sequence([], [], 0.95).chosen, None),
        (lambda: stats.allocate_shared_cost(1, {"b": 1.0, "a": 1.0}), {"b": 0, "a": 1}),
        (lambda: stats.value_monte_carlo(0, 0, (0.0, 0.0, 0.0), 5.0), None),
    ],
)
def test_at_the_edge_of_the_data_a_statistic_stays_true(found: Callable[[], Any], expected: Any) -> None:
    said = found()
    assert said == (expected if expected is None or isinstance(expected, dict | list) else pytest.approx(expected))


def test_the_range_of_a_value_holds_it_and_shrinks_with_more_tasks() -> None:
    few = stats.value_monte_carlo(8, 10, (72.0, 96.0, 128.0), 10.0)
    many = stats.value_monte_carlo(800, 1000, (72.0, 96.0, 128.0), 10.0)
    sure = stats.value_monte_carlo(800_000, 1_000_000, (96.0, 96.0, 96.0), 10.0)
    assert few is not None
    assert many is not None
    assert sure == pytest.approx((86.0, 86.0), abs=0.3)
    assert few.lo < many.lo < 86.0 < many.hi < few.hi
