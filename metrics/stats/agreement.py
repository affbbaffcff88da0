"""How far raters agree beyond chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from metrics.stats.interval import Z_95, Interval


class Agreement(NamedTuple):
    """Cohen's kappa with its asymptotic error, the raw agreement po, and Gwet's AC1. None where chance explains all."""

    kappa: float | None
    se: float | None
    ci95: Interval | None
    gwet_ac1: float
    po: float


def cohens_kappa(table: Sequence[Sequence[float]]) -> Agreement:
    """Agreement of two raters from their square table of counts (Cohen 1960; error: Fleiss, Cohen and Everitt 1969).

    AC1 (Gwet 2008) stays meaningful where nearly all cases are of one class and kappa collapses. Raises ValueError
    for an empty table or one that is not square.
    """
    size = len(table)
    n = math.fsum(math.fsum(row) for row in table)
    if n <= 0 or size < 2 or any(len(row) != size for row in table):
        raise ValueError("Agreement needs a square table of counts with at least two classes and one case.")
    share = [[cell / n for cell in row] for row in table]
    rows = [math.fsum(row) for row in share]
    columns = [math.fsum(share[i][j] for i in range(size)) for j in range(size)]
    observed = math.fsum(share[i][i] for i in range(size))
    by_chance = math.fsum(r * c for r, c in zip(rows, columns, strict=True))
    both = [(r + c) / 2 for r, c in zip(rows, columns, strict=True)]
    gwet_chance = math.fsum(q * (1 - q) for q in both) / (size - 1)
    ac1 = (observed - gwet_chance) / (1 - gwet_chance)
    if by_chance >= 1:
        return Agreement(None, None, None, ac1, observed)
    kappa = (observed - by_chance) / (1 - by_chance)
    error = math.sqrt(max(0.0, _kappa_variance(share, rows, columns, kappa, by_chance)) / n)
    return Agreement(kappa, error, Interval(kappa - Z_95 * error, kappa + Z_95 * error), ac1, observed)


def _kappa_variance(
    share: Sequence[Sequence[float]], rows: Sequence[float], columns: Sequence[float], kappa: float, by_chance: float
) -> float:
    """n times the large-sample variance of kappa."""
    places = range(len(rows))
    same = math.fsum(share[i][i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in places)
    other = math.fsum(share[i][j] * (rows[j] + columns[i]) ** 2 for i in places for j in places if i != j)
    last = (kappa - by_chance * (1 - kappa)) ** 2
    return float((same + (1 - kappa) ** 2 * other - last) / (1 - by_chance) ** 2)


def krippendorff_alpha_nominal(raters_x_units: Sequence[Sequence[Hashable | None]]) -> float | None:
    """Agreement of any number of raters on named classes; None marks a missing judgement (Krippendorff 2011).

    None where no unit has two judgements, or where only one class was ever given: then there is nothing to disagree on.
    """
    units = [[value for value in unit if value is not None] for unit in zip(*raters_x_units, strict=True)]
    paired = [Counter(unit) for unit in units if len(unit) > 1]
    totals: Counter[Hashable] = Counter()
    for unit in paired:
        totals.update(unit)
    n = totals.total()
    expected = n * n - math.fsum(count * count for count in totals.values())
    if expected == 0:
        return None
    observed = math.fsum(
        (unit.total() ** 2 - math.fsum(count * count for count in unit.values())) / (unit.total() - 1)
        for unit in paired
    )
    return 1 - (n - 1) * observed / expected
