"""p50, p95 and p99 of durations in buckets, for all groups of an answer at once.

An answer by agent and day has some hundred groups: read one by one they would take longer than their SELECT.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from metrics import stats
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.parts import Row
from metrics.stats.buckets import OrderedGroups

QUANTILES: dict[str, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
K = TypeVar("K")
# A quantile and the ends of its interval, ms; None where there is none.
Limits = tuple[float | None, float | None, float | None]


def quantiles(kpi: Kpi, parts: Mapping[K, Sequence[Row]]) -> dict[K, list[Estimate]]:
    """The quantiles of each slice asked for, by group and period; slices of one tool or model read `<name>:p95`."""
    rows = [row for own in parts.values() for row in sorted(own, key=lambda row: row["slice"] or "")]
    each = _each(kpi, rows)
    return {key: [estimate for _ in own for estimate in next(each)] for key, own in parts.items()}


def _each(kpi: Kpi, rows: Sequence[Row]) -> Iterator[list[Estimate]]:
    """The quantiles of each row. What lies in no bucket was not measured: it only lowers the coverage."""
    ordered = OrderedGroups.of([row["buckets"] for row in rows], [row["ns"] for row in rows])
    least, most = (np.array([row[name] for row in rows], dtype=float) for name in ("min_ms", "max_ms"))
    minimum = [max(kpi.minimum_n, stats.min_n_for_quantile_upper_bound(q)) for q in QUANTILES.values()]
    found = [_limits(ordered, q, least, most) for q in QUANTILES.values()]
    for place, (row, n, *limits) in enumerate(zip(rows, ordered.n.tolist(), *found, strict=True)):
        prefix = f"{row['slice']}:" if row["slice"] else ""
        at = partial(_at, ordered, place, row) if n else None
        yield [
            Estimate(
                prefix + label, value, (low, high), n, None, None, n, row["eligible"], least_n,
                quantile=q, slowest=row["max_ms"], at_rank=at,
            )
            for (label, q), least_n, (value, low, high) in zip(QUANTILES.items(), minimum, limits, strict=True)
        ]  # fmt: skip


def _limits(ordered: OrderedGroups, q: float, least: stats.Floats, most: stats.Floats) -> list[Limits]:
    """A quantile with its interval in every group, within what was measured."""
    n = np.maximum(ordered.n, 1)  # a group without a value has no ranks at all
    lower, upper = stats.quantile_ranks(n, q)
    read = (ordered.at_ranks(ranks).clip(least, most) for ranks in (q * (n - 1), lower - 1, upper - 1))
    return list(zip(*([None if math.isnan(ms) else ms for ms in each.tolist()] for each in read), strict=True))


def _at(ordered: OrderedGroups, place: int, row: Row, rank: float) -> float:
    """The value of one group at a rank counted from 0, ms."""
    return float(min(max(ordered.group(place).at_rank(rank), row["min_ms"]), row["max_ms"]))
