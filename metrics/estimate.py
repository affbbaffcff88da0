"""From summed parts to estimates: value, interval, sample size and coverage, one function per kind of KPI."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from metrics import stats
from metrics.accuracy import accuracy
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.judging import agreement, calibration, precision_recall
from metrics.mix import mix
from metrics.parts import Row
from metrics.quantiles import quantiles
from metrics.stats.ratio import RatioParts

LONGEST_RUN = 4
K = TypeVar("K")


def estimates_of(kpi: Kpi, parts: Mapping[K, Sequence[Row]]) -> dict[K, list[Estimate]]:
    """The estimates of every group and period."""
    if kpi.kind == "quantile":
        return quantiles(kpi, parts)
    return {key: estimates(kpi, rows) for key, rows in parts.items()}


def estimates(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """The estimates of one group and period, the whole first, then its slices by name."""
    if kpi.kind == "quantile":
        return quantiles(kpi, {"": rows})[""]
    if kpi.kind == "pass_k":
        return [_consistency(kpi, rows, k) for k in range(1, LONGEST_RUN + 1)]
    if kpi.kind in _SPECIAL:
        return _SPECIAL[kpi.kind](kpi, rows)
    ordered = sorted(rows, key=lambda row: row["slice"] or "")
    return [_from_parts(kpi, row) for row in _with_own_or_total(kpi, ordered)]


def _with_own_or_total(kpi: Kpi, rows: Sequence[Row]) -> list[Row]:
    """Give each slice the denominator, n and coverage that it is measured against."""
    whole = next((row for row in rows if not row["slice"]), None)
    if kpi.slice_denominator == "own" or whole is None:
        return list(rows)
    shared = {name: whole[name] for name in ("denominator", "denominator_sq", "n", "covered", "eligible")}
    return [{**row, **shared} for row in rows]


def _from_parts(kpi: Kpi, row: Row) -> Estimate:
    divisor = 1.0 if kpi.kind in ("count", "sum") else row["denominator"]
    known = row["numerator"] is not None and bool(divisor)
    limits = _INTERVALS[kpi.interval](kpi, row) if known else None
    return Estimate(
        slice=row["slice"] or "",
        value=row["numerator"] / divisor if known else None,
        interval=limits or (None, None),
        n=row["n"] or 0,
        numerator=row["numerator"],
        denominator=None if kpi.kind in ("count", "sum") else row["denominator"],
        covered=row["covered"],
        eligible=row["eligible"],
        minimum_n=kpi.minimum_n,
        bounded=limits is not None or kpi.interval == "none" or row["numerator"] == 0,
        n_eff=_effective(row) if kpi.kind == "weighted_ratio" and known else None,
    )


def _effective(row: Row) -> float | None:
    """How many cases of equal weight a weighted share rests on."""
    squares = row["denominator_sq"]
    return row["denominator"] ** 2 / squares if squares else None


def _wilson(kpi: Kpi, row: Row) -> stats.Interval | None:
    return _without_events(kpi, row) or stats.wilson(row["numerator"], row["denominator"])


def _clustered(kpi: Kpi, row: Row) -> stats.Interval | None:
    names = ("numerator", "denominator", "numerator_sq", "cross_sum", "denominator_sq")
    return _without_events(kpi, row) or stats.wilson_clustered(
        stats.ClusterParts(*(row[name] or 0.0 for name in names))
    )


def _without_events(kpi: Kpi, row: Row) -> stats.Interval | None:
    """The bound that a rate of failures without any failure has; None where there was one."""
    if kpi.better != "lower" or row["numerator"]:
        return None
    return stats.Interval(0.0, stats.one_sided_upper_zero_events(round(row["denominator"])))


def _weighted(kpi: Kpi, row: Row) -> stats.Interval | None:
    return stats.wilson_weighted(row["numerator"], row["denominator"], row["denominator_sq"] or 0.0)


def _exact(kpi: Kpi, row: Row) -> stats.Interval | None:
    return _without_events(kpi, row) or stats.clopper_pearson(round(row["numerator"]), round(row["denominator"]))


def _simulated(kpi: Kpi, row: Row) -> stats.Interval | None:
    """What the successes are worth, given the baseline's range and how many more or fewer might have succeeded."""
    least, likely, greatest = (row[name] or 0.0 for name in ("numerator_sq", "denominator", "denominator_sq"))
    return stats.value_monte_carlo(
        round(row["cross_sum"] or 0), row["n"] or 0, (least, likely, greatest), likely - row["numerator"]
    )


def _mean(kpi: Kpi, row: Row) -> stats.Interval | None:
    return stats.log_delta_mean(row["numerator"], row["numerator_sq"] or 0.0, row["n"])


def _ratio(kpi: Kpi, row: Row) -> stats.Interval | None:
    x, x_sq, y, y_sq, cross = (
        row[name] or 0.0 for name in ("numerator", "numerator_sq", "denominator", "denominator_sq", "cross_sum")
    )
    return stats.fieller(RatioParts(x, x_sq, y, y_sq, cross, row["n"]))


_INTERVALS: dict[str, Callable[[Kpi, Row], stats.Interval | None]] = {
    "wilson": _wilson,
    "weighted_wilson": _weighted,
    "clustered_wilson": _clustered,
    "log_delta": _mean,
    "fieller": _ratio,
    "clopper_pearson": _exact,
    "monte_carlo": _simulated,
    "none": lambda kpi, row: None,
}


_SPECIAL: dict[str, Callable[[Kpi, Sequence[Row]], list[Estimate]]] = {
    "accuracy": accuracy,
    "agreement": agreement,
    "precision_recall": precision_recall,
    "calibration": calibration,
    "mix": mix,
}


def _consistency(kpi: Kpi, rows: Sequence[Row], k: int) -> Estimate:
    """pass^k over the jobs that were tried at least k times."""
    scores = [
        score
        for row in sorted(rows, key=lambda row: (row["trials"], row["successes"]))
        if row["trials"] >= k
        for score in [stats.pass_hat_k_item(row["trials"], row["successes"], k)] * row["jobs"]
    ]
    total, jobs = math.fsum(scores), sum(row["jobs"] for row in rows)
    limits = _consistency_interval(total, scores)
    value = total / len(scores) if scores else None
    return Estimate(
        f"k={k}", value, limits or (None, None), len(scores), total, len(scores), len(scores), jobs, kpi.minimum_n
    )


def _consistency_interval(total: float, scores: Sequence[float]) -> stats.Interval | None:
    """The bootstrap over jobs, or Wilson where all jobs agree on 0 or 1: drawing equal scores again shows no spread."""
    if scores and total in (0, len(scores)):
        return stats.wilson(total, len(scores))
    return stats.group_bootstrap(scores)
