"""Which slice of the work a change sits in: looked for on odd days, confirmed on even days.

What is found by looking is not tested on the same cases, and a narrower slice has to be worth it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import NamedTuple

from metrics import stats
from metrics.insights.model import Segment, Slice

DEEPEST = 3
LEAST_CASES = 30
LEAST_SHARE = 0.01
MOST_CANDIDATES = 20
FALSE_DISCOVERIES = 0.05
WORTH_A_LITERAL = 0.05
MOST_SHOWN = 3


class Case(NamedTuple):
    """Cases of one day that are alike: `bad` of `n`, before or after the change."""

    day: date
    after: bool
    literals: tuple[Segment, ...]
    bad: float
    n: float


@dataclass
class _Counts:
    bad0: float = 0.0
    n0: float = 0.0
    bad1: float = 0.0
    n1: float = 0.0

    def add(self, case: Case) -> None:
        if case.after:
            self.bad1, self.n1 = self.bad1 + case.bad, self.n1 + case.n
        else:
            self.bad0, self.n0 = self.bad0 + case.bad, self.n0 + case.n

    @property
    def moved(self) -> float:
        """How much more often it is bad than before; 0 where one side has no case."""
        return self.bad1 / self.n1 - self.bad0 / self.n0 if self.n0 and self.n1 else 0.0


Table = dict[tuple[Segment, ...], _Counts]


def confirmed(cases: Sequence[Case]) -> tuple[Slice, ...]:
    """The slices that got worse on odd days and, tested, on even days too; the most telling first."""
    odd, even = (_table(case for case in cases if case.day.toordinal() % 2 == side) for side in (1, 0))
    wanted = _candidates(odd)
    tested = [literals for literals in wanted if even.get(literals, _Counts()).n1 and even[literals].n0]
    if not tested:
        return ()
    chances = [_worse_by_chance(even[literals]) for literals in tested]
    adjusted = stats.benjamini_hochberg(chances, FALSE_DISCOVERIES).adjusted
    kept = [
        _slice(literals, even, chance)
        for literals, chance in zip(tested, adjusted, strict=True)
        if chance <= FALSE_DISCOVERIES
    ]
    scores = {each.literals: _score(even[each.literals], even[()]) for each in kept}
    return tuple(sorted(kept, key=lambda each: (-scores[each.literals], len(each.literals))))[:MOST_SHOWN]


def _table(cases: Iterable[Case]) -> Table:
    """Counts of every slice up to three literals deep; the empty slice is all."""
    found: Table = {}
    for case in cases:
        for depth in range(DEEPEST + 1):
            for literals in combinations(sorted(case.literals, key=lambda each: (each.dimension, each.value)), depth):
                found.setdefault(literals, _Counts()).add(case)
    return found


def _candidates(table: Table) -> list[tuple[Segment, ...]]:
    """Slices with enough cases whose score is positive, each literal worth 5 % of it at least."""
    whole = table.get((), _Counts())
    least = max(LEAST_CASES / 2, LEAST_SHARE * whole.n1)
    scores = {literals: _score(counts, whole) for literals, counts in table.items() if literals and counts.n1 >= least}
    minimal = [literals for literals, score in scores.items() if score > 0 and _is_minimal(literals, scores)]
    return sorted(minimal, key=lambda literals: (-scores[literals], len(literals), literals_text(literals)))[
        :MOST_CANDIDATES
    ]


def _score(counts: _Counts, whole: _Counts) -> float:
    """SliceLine's score of what is new: the excess over the slice's own past against that of all."""
    if not counts.n0 or not whole.n1 or whole.moved <= 0 or counts.moved <= 0:
        return 0.0
    own, everything = max(1, round(counts.n1)), max(1, round(whole.n1))
    return stats.sliceline_score(counts.moved * own, whole.moved * everything, own, everything)


def _is_minimal(literals: tuple[Segment, ...], scores: dict[tuple[Segment, ...], float]) -> bool:
    """Whether dropping any literal would lose 5 % of the score."""
    if len(literals) == 1:
        return True
    shorter = (tuple(each for each in literals if each != left_out) for left_out in literals)
    return all(scores.get(each, 0.0) < scores[literals] * (1 - WORTH_A_LITERAL) for each in shorter)


def _worse_by_chance(counts: _Counts) -> float:
    """The exact one-sided p-value that the slice is not worse than before (Fisher's test)."""
    bad1, n1, bad0, n0 = (round(each) for each in (counts.bad1, counts.n1, counts.bad0, counts.n0))
    bad = min(bad1 + bad0, n1 + n0)
    most = min(bad, n1)
    ways = _log_ways(n1 + n0, bad)
    return min(
        1.0,
        math.fsum(
            math.exp(_log_ways(n1, k) + _log_ways(n0, bad - k) - ways)
            for k in range(min(bad1, most), most + 1)
            if bad - k <= n0
        ),
    )


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _slice(literals: tuple[Segment, ...], table: Table, chance: float) -> Slice:
    counts, whole = table[literals], table[()]
    share = counts.n1 / whole.n1
    limits = stats.newcombe_diff(counts.bad1, counts.n1, counts.bad0, counts.n0)
    total = whole.moved
    low, high = (limits.lo, limits.hi) if limits is not None else (0.0, 0.0)
    explained = [each * share / total if total > 0 else 0.0 for each in (counts.moved, low, high)]
    return Slice(
        literals, counts.bad0, counts.n0, counts.bad1, counts.n1, shrunk(counts.bad1, counts.n1, whole.bad1, whole.n1),
        chance, *explained,
    )  # fmt: skip


def shrunk(k: float, n: float, all_k: float, all_n: float, strength: float = LEAST_CASES) -> float:
    """A slice's rate drawn towards that of all, as if so many cases more had shown it: small slices rank lower."""
    return (k + strength * (all_k / all_n if all_n else 0.0)) / (n + strength)


def literals_text(literals: Sequence[Segment]) -> str:
    """ "task_type = refund and region = eu"."""
    return " and ".join(f"{each.dimension} = {each.value}" for each in literals)
