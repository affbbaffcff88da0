"""The values that comparisons of sides and verdicts on actions share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

from metrics.stats.anytime import verdict_of
from metrics.stats.interval import Interval

Direction = Literal["up", "down"]
Grade = Literal["A", "B", "C", "D"]
Basis = Literal["raw", "mix", "jobs", "cuped"]
Word = Literal["improved", "improved_size_unclear", "no_material_change", "worse", "worse_size_unclear", "undetermined"]
WORDS: dict[Word, str] = {
    "improved": "improved",
    "improved_size_unclear": "improved, size unclear",
    "no_material_change": "no material change",
    "worse": "worse",
    "worse_size_unclear": "worse, size unclear",
    "undetermined": "undetermined",
}
GRADES: dict[Grade, str] = {
    "A": "randomised: a random split, or the same jobs on both sides",
    "B": "concurrent control: against what ran unchanged at the same time",
    "C": "before and after, the mix of work evened out",
    "D": "raw: the mix of work is not evened out",
}


@dataclass(frozen=True)
class Move:
    """after − before (B − A) in the number's own unit, or relative to before, with limits that hold at every look.

    `limits` are infinite where the tasks bound nothing yet. `least`: the cases that the smaller side needs before they
    may be trusted, `fewest`: those it has. `needed`: the cases after (on each side, where both still grow) that a
    verdict would take; None where one is told already, or no number is enough. `control`: how far what stayed unchanged
    moved, which is taken off.
    """

    amount: float
    limits: Interval
    basis: Basis
    before: float
    after: float
    cases_before: int
    cases_after: int
    least: int
    needed: int | None = None
    control: float | None = None
    fewest: int = 0

    @property
    def cases(self) -> int:
        """The cases of both sides."""
        return self.cases_before + self.cases_after

    @property
    def enough(self) -> bool:
        """Whether there are cases enough, on every side, for the limits to be trusted."""
        return self.fewest >= self.least

    @property
    def bounded(self) -> bool:
        """Whether both limits are numbers."""
        return math.isfinite(self.limits.lo) and math.isfinite(self.limits.hi)


def word_of(move: Move | None, materiality: float, good: Direction = "up") -> Word:
    """The verdict in one word; undetermined where there are too few cases."""
    if move is None or not move.enough:
        return "undetermined"
    limits = move.limits if good == "up" else Interval(-move.limits.hi, -move.limits.lo)
    return cast(Word, verdict_of(limits, materiality))
