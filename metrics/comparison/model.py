"""The values that pass between two sides and the words about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from metrics.effects.model import WORDS, Grade, Move, Word
from metrics.model import Change, Value

BesideWord = Literal["better", "worse", "changed", "no_change", "cannot_tell"]
Kind = Literal["versions", "agents", "periods"]
Measure = Literal["success", "accuracy"]
Verdict = Literal[Word, "blocked"]
MEASURES: dict[Measure, str] = {"success": "Success", "accuracy": "Accuracy"}
VERDICT_WORDS: dict[Verdict, str] = {word: said for word, said in WORDS.items()} | {
    "blocked": "not read, for the split is wrong"
}


@dataclass(frozen=True)
class Side:
    """One side: an agent (and version) over days, `end` exclusive."""

    name: str
    agent_id: str
    start: date
    end: date
    version: str | None = None


@dataclass(frozen=True)
class KindOfTask:
    """A kind of task on one side: finished tasks, those with an answer, and the good ones among these."""

    name: str
    tasks: int
    n: int
    k: int


@dataclass(frozen=True)
class Usual:
    """Sums over the tasks with an answer: x is what was usual before, y the answer (0 or 1)."""

    n: int
    x: float
    xx: float
    xy: float
    y: float


@dataclass(frozen=True)
class Arm:
    """What was seen of a side. `jobs` holds the results of each job, in the order in which jobs began.

    `usual`: how the results go with what was usual of the same user and kind of work before; None where nothing was
    asked, or nothing was known before.
    """

    side: Side
    cells: tuple[KindOfTask, ...]
    jobs: tuple[tuple[str, tuple[int, ...]], ...]
    first_at: datetime | None
    last_at: datetime | None
    even_weights: bool = True
    usual: Usual | None = None

    @property
    def tasks(self) -> int:
        """Finished tasks."""
        return sum(cell.tasks for cell in self.cells)

    @property
    def n(self) -> int:
        """Tasks with an answer to the measure."""
        return sum(cell.n for cell in self.cells)

    @property
    def k(self) -> int:
        """The good ones among them."""
        return sum(cell.k for cell in self.cells)

    @property
    def rate(self) -> float | None:
        """The share of good ones."""
        return self.k / self.n if self.n else None


@dataclass(frozen=True)
class SplitCheck:
    """Whether the arms got the shares that they should: the sample-ratio check."""

    applies: bool
    p: float | None
    blocks: bool
    text: str


@dataclass(frozen=True)
class Evidence:
    """The e-value against 'no difference' and the p-value valid at any time; `unit` says what a case was."""

    e_value: float
    p: float
    cases: int
    unit: Literal["pairs of tasks", "jobs with a winner"]


@dataclass(frozen=True)
class Beside:
    """Another measure of both sides, with how it moved from A to B.

    `move` holds at every look: in points for shares, relative for amounts and times (`unit` says which); `word` is its
    verdict and `why` what stands in the way of one. Where it is None, `once` is a fixed interval, for one look.
    """

    kpi: str
    label: str
    a: Value | None
    b: Value | None
    move: Move | None
    unit: str
    word: BesideWord
    why: str = ""
    once: Change | None = None


@dataclass(frozen=True)
class Comparison:
    """Everything about B against A."""

    kind: Kind
    measure: Measure
    rope: float
    a: Arm
    b: Arm
    split: SplitCheck
    raw: Move | None
    decisive: Move | None
    evidence: Evidence | None
    verdict: Verdict
    needed_per_side: int | None
    grade: Grade
    notes: tuple[str, ...]
    beside: tuple[Beside, ...] = ()

    @property
    def differences(self) -> Sequence[Move]:
        """The difference that decides and, where it is another, the raw one."""
        found = [each for each in (self.decisive, self.raw) if each is not None]
        return found[:1] if len(found) == 2 and found[0] == found[1] else found
