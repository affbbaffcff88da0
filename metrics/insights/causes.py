"""What failures come from: shares with intervals, what each is worth, and the bar of those that nobody named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from metrics import stats
from metrics.insights.model import Cause

UNCODED = "no cause recorded"


class Named(NamedTuple):
    """Failures of one cause: how many, and Σw and Σw² of their weights (one over the chance of being looked at)."""

    cause: str
    n: float
    weight: float
    weight_sq: float


def pareto(
    now: Iterable[Named],
    before: Iterable[Named] = (),
    *,
    failure_rate: float = 1.0,
    usd_per_failure: float | None = None,
    failures_month: float = 0.0,
) -> tuple[Cause, ...]:
    """The causes of failures, the most frequent first. What has no cause is a bar of its own, last."""
    counted, earlier = _joined(now), _joined(before)
    total = sum(each.weight for each in counted.values())
    squares = sum(each.weight_sq for each in counted.values())
    if total <= 0:
        return ()
    past = sum(each.weight for each in earlier.values())
    found = []
    for name, each in counted.items():
        share = each.weight / total
        limits = stats.wilson_weighted(each.weight, total, squares)
        low, high = (limits.lo, limits.hi) if limits is not None else (0.0, 1.0)
        then = earlier[name].weight / past if name in earlier and past else (0.0 if past else None)
        usd = None if usd_per_failure is None else share * failures_month * usd_per_failure
        found.append(Cause(name, each.n, share, low, high, then, share * failure_rate, usd))
    return tuple(sorted(found, key=lambda cause: (cause.name == UNCODED, -cause.share, cause.name)))


def first_failures(steps: Iterable[Mapping[str, object]]) -> list[Named]:
    """One cause a run: that of its first failure, whatever went wrong afterwards. Keys run, step (or None), cause."""
    first: dict[str, tuple[float, str]] = {}
    for step in steps:
        place = float(str(step["step"])) if step["step"] is not None else float("inf")
        key = str(step["run"])
        if key not in first or place < first[key][0]:
            first[key] = (place, str(step["cause"] or ""))
    return [Named(cause, 1.0, 1.0, 1.0) for _, cause in first.values()]


def named(rows: Sequence[Mapping[str, object]]) -> list[Named]:
    """Rows of `insight_failures`."""
    return [
        Named(str(row["cause"] or ""), *(float(str(row[name])) for name in ("n", "weight", "weight_sq")))
        for row in rows
    ]


def _joined(rows: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for row in rows:
        name = row.cause or UNCODED
        old = found.get(name, Named(name, 0.0, 0.0, 0.0))
        found[name] = Named(name, old.n + row.n, old.weight + row.weight, old.weight_sq + row.weight_sq)
    return found
