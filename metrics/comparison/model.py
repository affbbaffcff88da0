"""The values that pass between two sides and the words about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from metrics.model import Change, Value
from metrics.stats.interval import Interval

Kind = Literal["versions", "agents", "periods"]
Measure = Literal["success", "accuracy"]
Grade = Literal["A", "B", "C", "D"]
Verdict = Literal[
    "improved", "improved_size_unclear", "no_material_change", "worse", "worse_size_unclear", "undetermined", "blocked"
]  # fmt: skip
MEASURES: dict[Measure, str] = {"success": "Success", "accuracy": "Accuracy"}
VERDICT_WORDS: dict[Verdict, str] = {
    "improved": "improved",
    "improved_size_unclear": "improved, size unclear",
    "no_material_change": "no material change",
    "worse": "worse",
    "worse_size_unclear": "worse, size unclear",
    "undetermined": "undetermined",
    "blocked": "not read: the split is wrong",
}
GRADES: dict[Grade, str] = {
    "A": "randomised: the same jobs on both sides, or a split that was meant to be random",
    "B": "at the same time, not randomised, on the same mix of tasks",
    "C": "before and after, on the same mix of tasks",
    "D": "raw: the mix of tasks could not be made equal",
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
class Cell:
    """A kind of task on one side: finished tasks, those with an answer, and the good ones among these."""

    name: str
    tasks: int
    n: int
    k: int


@dataclass(frozen=True)
class Arm:
    """What was seen of a side. `jobs` holds the results of each job, in the order in which jobs began."""

    side: Side
    cells: tuple[Cell, ...]
    jobs: tuple[tuple[str, tuple[int, ...]], ...]
    first_at: datetime | None
    last_at: datetime | None
    even_weights: bool = True

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
class Difference:
    """B − A with a confidence sequence. `basis`: raw, mix (same mix of tasks) or jobs (job by job)."""

    basis: Literal["raw", "mix", "jobs"]
    amount: float
    limits: Interval
    verdict: Verdict
    cases: int


@dataclass(frozen=True)
class Evidence:
    """The e-value against 'no difference' and the p-value valid at any time; `unit` says what a case was."""

    e_value: float
    p: float
    cases: int
    unit: Literal["pairs of tasks", "jobs with a winner"]


@dataclass(frozen=True)
class Beside:
    """Another measure of both sides, with how it moved from A to B."""

    kpi: str
    label: str
    a: Value | None
    b: Value | None
    moved: Change | None


@dataclass(frozen=True)
class Comparison:
    """Everything about B against A."""

    kind: Kind
    measure: Measure
    rope: float
    a: Arm
    b: Arm
    split: SplitCheck
    raw: Difference | None
    decisive: Difference | None
    evidence: Evidence | None
    verdict: Verdict
    needed_per_side: int | None
    grade: Grade
    notes: tuple[str, ...]
    beside: tuple[Beside, ...] = ()

    @property
    def differences(self) -> Sequence[Difference]:
        """The difference that decides and, where it is another, the raw one."""
        found = [each for each in (self.decisive, self.raw) if each is not None]
        return found[:1] if len(found) == 2 and found[0] == found[1] else found
