"""One number on its way from parts to a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Estimate(NamedTuple):
    """One number before its state is decided. None is unknown.

    `bounded` False: the data allow no finite interval. `quantile`, `slowest` (ms) and `at_rank`, the value at
    a rank counted from 0, belong to latencies only.
    `n_eff`: how many cases of equal weight the number rests on where weights differ. `note`: how it was estimated, or
    why it could not be.
    """

    slice: str
    value: float | None
    interval: tuple[float | None, float | None]
    n: int
    numerator: float | None
    denominator: float | None
    covered: int | None
    eligible: int | None
    minimum_n: int
    bounded: bool = True
    quantile: float | None = None
    slowest: float | None = None
    at_rank: Callable[[float], float] | None = None
    n_eff: float | None = None
    note: str | None = None

    @property
    def coverage(self) -> float | None:
        """The share of the evidence that was there; None where nothing was to be covered."""
        return self.covered / self.eligible if self.covered is not None and self.eligible else None
