"""What the statistics promise, held by seeded simulation: the claims of properties.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics import stats
from metrics.stats.buckets import gamma_of, quantile

FAST = (0.25, 0.5, 1.0, 2.0, 4.0)


def claim(shared: Path, name: str) -> dict[str, Any]:
    """The inputs and expected figures of one claim."""
    everything = json.loads((shared / "kpis" / "properties.json").read_text(encoding="utf-8"))["properties"]
    (found,) = (each for each in everything if each["id"] == name)
    return {**found["inputs"], **found["expected"]}


def test_an_e_value_is_at_most_one_on_average_when_nothing_differs(shared: Path) -> None:
    said = claim(shared, "e_validity")
    for p in (*said["null_p_grid"], *np.linspace(0.01, 0.99, 25)):
        assert stats.e_value_expectation_under_null(said["theta_a"], said["theta_b"], p) <= said["E_max"] + 1e-12


def test_the_detector_runs_as_long_as_its_threshold_without_a_change(shared: Path) -> None:
    said = claim(shared, "e_sr_arl_property")
    rng = np.random.default_rng(7)
    lengths = []
    for _ in range(120):
        x = (rng.random(1500) < said["p0"]).astype(float).tolist()
        lengths.append(stats.e_shiryaev_roberts_drop(x, said["p0"], FAST, said["threshold"]).alarm_index_1based or 1500)
    assert np.mean(lengths) >= said["arl_lower_bound"]


def test_a_quiet_quarter_raises_no_alarm_where_usual_rules_raise_hundreds(shared: Path) -> None:
    said = claim(shared, "naive_alert_property")
    rng = np.random.default_rng(5)
    right = rng.binomial(said["n_per_day"], said["p0"], size=(said["streams"], said["days"]))
    threshold = stats.e_sr_alarm_budget(said["streams"], said["days"], 1)["threshold"]
    alarms = 0
    for stream in right:
        path = stats.e_shiryaev_roberts_daily([(int(k), said["n_per_day"]) for k in stream], said["p0"], FAST)["M"]
        alarms += max(path) >= threshold
    error = np.sqrt(said["p0"] * (1 - said["p0"]) / said["n_per_day"])
    assert alarms <= 1
    assert (right / said["n_per_day"] < said["p0"] - 2 * error).sum() > 500


def test_looking_again_and_again_breaks_a_fixed_interval_but_not_the_sequence(shared: Path) -> None:
    said = claim(shared, "peeking_property")
    rng = np.random.default_rng(11)
    looks, reps = range(50, 5001, 150), 200
    fixed = anytime = 0
    for _ in range(reps):
        a, b = (np.cumsum(rng.random(5000) < said["p"]) for _ in range(2))
        verdicts = [stats.change_verdict_anytime(int(a[n - 1]), n, int(b[n - 1]), n, 0.02) for n in looks]
        fixed += any(not v.newcombe_fixed_n.lo <= 0 <= v.newcombe_fixed_n.hi for v in verdicts if v.newcombe_fixed_n)
        anytime += any(not v.cs_diff.lo <= 0 <= v.cs_diff.hi for v in verdicts)
    assert fixed / reps > 0.15
    assert anytime / reps <= 0.05


def test_a_certified_threshold_keeps_its_promise(shared: Path) -> None:
    said = claim(shared, "ltt_violation_property")
    rng = np.random.default_rng(3)
    grid = np.arange(0.85, 0.05, -0.05)
    accuracy = 0.8 + 0.2 * np.linspace(0, 1, 2001)  # of a task with this confidence
    true = {t: accuracy[round(t * 2000) :].mean() for t in grid}
    broken = naive = 0
    for _ in range(300):
        conf = rng.random(said["m"])
        right = rng.random(said["m"]) < accuracy[(conf * 2000).astype(int)]
        kept = [(int(right[conf >= t].sum()), int((conf >= t).sum())) for t in grid]
        chosen = stats.threshold_fixed_sequence(grid.tolist(), kept, said["target"], said["delta"]).chosen
        broken += chosen is not None and true[chosen] < said["target"]
        passing = [t for t, (k, n) in zip(grid, kept, strict=True) if n and k / n >= said["target"]]
        naive += bool(passing) and true[min(passing)] < said["target"]
    assert broken / 300 <= said["delta"] + 0.03
    assert naive / 300 > 0.2


def test_every_claim_has_a_test(shared: Path) -> None:
    everything = json.loads((shared / "kpis" / "properties.json").read_text(encoding="utf-8"))["properties"]
    here = Path(__file__).read_text(encoding="utf-8")
    assert [each["id"] for each in everything if f'claim(shared, "{each["id"]}")' not in here] == []


def test_log_buckets_are_exact_to_one_percent_however_they_are_merged(shared: Path) -> None:
    said = claim(shared, "tdigest_nondeterminism")
    values = np.random.default_rng(17).lognormal(7, 1.2, said["n"] // 5)
    index = np.ceil(np.log(values) / np.log(gamma_of()) - 1e-12).astype(int)
    names, counts = np.unique(index, return_counts=True)
    whole = dict(zip(names.tolist(), counts.tolist(), strict=True))
    merged: dict[int, int] = {}
    for part in np.array_split(np.random.default_rng(18).permutation(index), 37):
        for name, count in zip(*np.unique(part, return_counts=True), strict=True):
            merged[int(name)] = merged.get(int(name), 0) + int(count)
    assert merged == whole
    for q in (0.5, 0.95, 0.99, 0.999):
        exact = np.sort(values)[int(np.floor(q * (len(values) - 1)))]
        assert abs(quantile(merged, q) / exact - 1) <= said["ddsketch_max_rel_err"] + 1e-9


def test_a_cheaper_price_can_make_a_dearer_task(shared: Path) -> None:
    assert claim(shared, "frontier_price_reversal")["claim"] == "list price is not task cost"
    dear, cheap = ({"in": 3.0, "out": 15.0}, {"in": 1.0, "out": 5.0})
    short, long = ({"inputTokens": 1000, "outputTokens": tokens} for tokens in (500, 2500))
    zero = {"cr": 0.0, "cw5": 0.0, "cw1h": 0.0}
    costs = [stats.token_cost_usd(used, price | zero, "disjoint").usd for used, price in ((short, dear), (long, cheap))]
    assert costs == pytest.approx([0.0105, 0.0135])


def drawn(rng: np.random.Generator, said: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and the judge's verdict of n tasks."""
    truth = rng.random(n) < said["true_acc"]
    passed = np.where(truth, rng.random(n) < said["judge_sens"], rng.random(n) > said["judge_spec"])
    return truth.astype(int), passed.astype(int)


@pytest.mark.parametrize(("n", "accuracy"), [(150, 0.9), (400, 0.8)])
def test_the_rule_for_few_labels_covers_where_the_plain_interval_fails(shared: Path, n: int, accuracy: float) -> None:
    said = claim(shared, "ppi_clt_small_n_fails")
    rng = np.random.default_rng(13)
    plain = wilson = rule = 0
    reps = 400
    for _ in range(reps):
        y, f = drawn(rng, said, said["n"])
        ones = int(drawn(rng, said, said["N"])[1].sum())
        found = stats.ppi_plus_plus_mean(y.tolist(), f.tolist(), ones, said["N"] - ones)
        plain += found.lo <= said["true_acc"] <= found.hi
        limits = stats.wilson(int(y.sum()), said["n"])
        wilson += limits is not None and limits.lo <= said["true_acc"] <= limits.hi
        other = said | {"true_acc": accuracy}
        y, f = drawn(rng, other, n)
        ones = int(drawn(rng, other, said["N"])[1].sum())
        cells = [int(((y == a) & (f == b)).sum()) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
        smoothed = stats.ppi_smoothed_effective_wilson(*cells, ones, said["N"] - ones)
        rule += smoothed.lo <= accuracy <= smoothed.hi
    assert plain / reps < 0.85
    assert wilson / reps > 0.90
    assert rule / reps > 0.93


@pytest.mark.parametrize(("n", "p"), [(40, 0.5), (60, 0.9), (200, 0.97)])
def test_wilson_covers_what_it_says(n: int, p: float) -> None:
    counts = np.random.default_rng(2).binomial(n, p, size=4000)
    inside = {k: (found := stats.wilson(int(k), n)) is not None and found.lo <= p <= found.hi for k in set(counts)}
    assert np.mean([inside[k] for k in counts]) == pytest.approx(0.95, abs=0.025)


def test_the_effects_of_a_decomposition_add_up_to_the_whole_difference() -> None:
    rng = np.random.default_rng(4)
    for factors in range(1, 7):
        before, after = rng.random((2, factors, 5)).tolist()
        found = stats.vector_product_decomposition_shapley(before, after)
        assert sum(found.effects) == pytest.approx(found.total, abs=1e-12)
    n, k = rng.integers(1, 50, (2, 2, 6))
    moved = stats.kitagawa(n[0].tolist(), np.minimum(n, k)[0].tolist(), n[1].tolist(), np.minimum(n, k)[1].tolist())
    assert moved.rate_effect + moved.mix_effect == pytest.approx(moved.total, abs=1e-12)
