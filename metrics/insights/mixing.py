"""Whether a rate changed because kinds of work changed, or only because their shares did."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from metrics import stats
from metrics.insights.model import Effect, Mix

DRAWS = 400
SEED = 20261128
MATERIAL = 0.02
Counts = Mapping[str, tuple[float, float]]


def rate_or_mix(dimension: str, before: Counts, after: Counts) -> Mix | None:
    """The change of a rate taken apart over the values of a dimension: k of n before and after.

    None where there is nothing to take apart: fewer than two values, or a period without a case.
    """
    names = sorted({*before, *after})
    cells = [(before.get(name, (0.0, 0.0)), after.get(name, (0.0, 0.0))) for name in names]
    if len(names) < 2 or not sum(n for (_, n), _ in cells) or not sum(n for _, (_, n) in cells):
        return None
    n0, k0, n1, k1 = (
        np.array([cell[side][place] for cell in cells], float) for side, place in ((0, 1), (0, 0), (1, 1), (1, 0))
    )
    found = stats.kitagawa(n0.tolist(), k0.tolist(), n1.tolist(), k1.tolist())
    rates, mixes = _redrawn(n0, k0, n1, k1)
    parts = tuple(_effect(name, found.segment_rate_effect[place], rates[:, place]) for place, name in enumerate(names))
    return Mix(
        dimension,
        found.total,
        _effect("rate", found.rate_effect, rates.sum(axis=1)),
        _effect("mix", found.mix_effect, mixes.sum(axis=1)),
        tuple(sorted(parts, key=lambda part: -abs(part.amount))),
    )


def _effect(name: str, amount: float, draws: NDArray[np.float64]) -> Effect:
    """An effect with the interval of the draws, centred on what was measured."""
    low, high = (float(each) for each in np.quantile(draws, (0.025, 0.975)))
    return Effect(name, amount, low, high, (low > 0 or high < 0) and abs(amount) >= MATERIAL)


def _redrawn(
    n0: NDArray[np.float64], k0: NDArray[np.float64], n1: NDArray[np.float64], k1: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rate and mix effects of each value for periods drawn again: shares and rates both vary."""
    draw = np.random.default_rng(SEED)
    sides = []
    for n, k in ((n0, k0), (n1, k1)):
        again = draw.multinomial(round(float(n.sum())), n / n.sum(), DRAWS).astype(float)
        rate = np.divide(k, n, out=np.zeros_like(k), where=n > 0)
        hits = draw.binomial(again.astype(int), np.clip(rate, 0, 1)).astype(float)
        sides.append((again, hits))
    (m0, h0), (m1, h1) = sides
    r0 = np.divide(h0, m0, out=np.full_like(h0, np.nan), where=m0 > 0)
    r1 = np.divide(h1, m1, out=np.full_like(h1, np.nan), where=m1 > 0)
    r0, r1 = np.where(np.isnan(r0), np.nan_to_num(r1), r0), np.where(np.isnan(r1), np.nan_to_num(r0), r1)
    w0, w1 = m0 / m0.sum(axis=1, keepdims=True), m1 / m1.sum(axis=1, keepdims=True)
    all0, all1 = h0.sum(axis=1) / m0.sum(axis=1), h1.sum(axis=1) / m1.sum(axis=1)
    centre = ((all0 + all1) / 2)[:, None]
    return (r1 - r0) * (w0 + w1) / 2, (w1 - w0) * ((r0 + r1) / 2 - centre)
