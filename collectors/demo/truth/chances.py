"""The error of confidence beyond what chance alone would show, worked out exactly and not by drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence

BINS = 10
Group = tuple[int, float, float]


def error_beyond_chance(groups: Sequence[Group]) -> float:
    """The error seen, less what an agent that is exactly as right as it is sure would show on average; not below 0.

    `groups` are (tasks, sum of confidence, how many were right) in rising order of confidence; each lies in that tenth
    of all tasks that its middle task belongs to.
    """
    total, bins = sum(n for n, _, _ in groups), _tenths(groups)
    seen = math.fsum(abs(sum(right for _, _, right in own) - _sure(own)) for own in bins) / total
    return max(0.0, seen - math.fsum(_by_chance(own) for own in bins) / total)


def brier_parts(groups: Sequence[Group]) -> dict[str, float]:
    """What the Brier score is made of, over the same tenths: reliability less resolution plus uncertainty."""
    total = sum(n for n, _, _ in groups)
    tenths = [[math.fsum(column) for column in zip(*own, strict=True)] for own in _tenths(groups) if own]
    share = math.fsum(right for _, _, right in tenths) / total
    return {
        "reliability": math.fsum((sure - right) ** 2 / n for n, sure, right in tenths) / total,
        "resolution": math.fsum((right - n * share) ** 2 / n for n, _, right in tenths) / total,
        "uncertainty": share - share**2,
    }


def _tenths(groups: Sequence[Group]) -> list[list[Group]]:
    total = sum(n for n, _, _ in groups)
    bins: list[list[Group]] = [[] for _ in range(BINS)]
    before = 0
    for group in groups:
        bins[min(BINS - 1, math.floor((before + group[0] / 2) * BINS / total))].append(group)
        before += group[0]
    return bins


def _sure(own: Sequence[Group]) -> float:
    return math.fsum(sure for _, sure, _ in own)


def _by_chance(own: Sequence[Group]) -> float:
    """The mean distance between how many are right and how many should be, task by task."""
    chances = [1.0]
    for n, sure, _ in own:
        right = min(1.0, max(0.0, sure / n))
        for _ in range(n):
            chances = [
                (1 - right) * stays + right * grows
                for stays, grows in zip([*chances, 0.0], [0.0, *chances], strict=True)
            ]
    return math.fsum(chance * abs(count - _sure(own)) for count, chance in enumerate(chances))
