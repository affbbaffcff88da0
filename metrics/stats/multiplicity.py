"""Several findings at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Rejections(NamedTuple):
    """How many hypotheses fall, the adjusted p-values in the order given, and how many Bonferroni would reject."""

    rejected: int
    adjusted: list[float]
    bonferroni_rejected: int

    @property
    def adjusted_first5(self) -> list[float]:
        return self.adjusted[:5]


def benjamini_hochberg(p: Sequence[float], q: float = 0.05) -> Rejections:
    """The false discovery rate kept at q for independent p-values (Benjamini and Hochberg 1995)."""
    total = len(p)
    order = sorted(range(total), key=lambda place: p[place], reverse=True)
    adjusted, least = [1.0] * total, 1.0
    for behind, place in enumerate(order):
        least = min(least, p[place] * total / (total - behind))
        adjusted[place] = least
    return Rejections(
        sum(value <= q for value in adjusted), adjusted, sum(value <= q / total for value in p) if total else 0
    )


def e_benjamini_hochberg(e: Sequence[float], alpha: float = 0.1) -> dict[str, int]:
    """How many of the largest e-values stand under any dependence: the greatest k with e_(k) ≥ K/(kα).

    Wang and Ramdas 2022.
    """
    ordered = sorted(e, reverse=True)
    return {"rejected": max((k for k, value in enumerate(ordered, 1) if value * k * alpha >= len(e)), default=0)}
