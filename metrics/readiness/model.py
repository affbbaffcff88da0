"""The values that pass between the evidence of a criterion and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from metrics.readiness.criteria import Criterion

State = Literal["pass", "fail", "insufficient", "unknown", "waived"]
Badge = Literal["ready", "not_ready", "not_assessed"]
# What weighs more than what, where the parts of a criterion or the slices of a part differ.
WORST_FIRST: tuple[State, ...] = ("fail", "unknown", "insufficient", "pass")
WORDS: dict[State, str] = {
    "pass": "passes", "fail": "fails", "insufficient": "not enough evidence", "unknown": "not recorded",
    "waived": "waived",
}  # fmt: skip
READY_FROM = 0.8


@dataclass(frozen=True)
class Window:
    """The days looked at, `end` exclusive."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the window holds."""
        return (self.end - self.start).days


@dataclass(frozen=True)
class Judged:
    """One part (of one tool, where it has slices) with its verdict and the words for it."""

    part: str
    slice: str
    state: State
    text: str
    needed: int | None = None
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiver:
    """Somebody accepts that a criterion is not met, until the end of a day."""

    waiver_id: str
    agent_id: str
    criterion: str
    until: date
    reason: str
    waived_by: str


@dataclass(frozen=True)
class Finding:
    """One criterion of one agent. `evidence_state` is what the evidence says, whatever is waived."""

    criterion: Criterion
    agent_id: str
    evidence_state: State
    judged: tuple[Judged, ...]
    waiver: Waiver | None = None

    @property
    def state(self) -> State:
        """The verdict shown: a waiver stands over everything but a pass."""
        return "waived" if self.waiver and self.evidence_state != "pass" else self.evidence_state

    @property
    def decisive(self) -> Judged:
        """The part that decides; of several the last, which counts cases where the first looks up a declaration."""
        return min(reversed(self.judged), key=lambda each: WORST_FIRST.index(each.state))

    @property
    def do_next(self) -> str:
        """The one thing to do: add what nothing records, else what the criterion advises; '' where it passes."""
        if self.evidence_state == "pass":
            return ""
        missing = {part.id: part.missing for part in self.criterion.parts}
        return missing[self.decisive.part] if self.evidence_state == "unknown" else self.criterion.do_next


@dataclass(frozen=True)
class Pillar:
    """A pillar's score as a range: what surely passes, and what may. Never blended with the others."""

    number: int
    passed: int
    possible: int
    total: int
    unknown: int

    @property
    def low(self) -> float:
        """The share that passes."""
        return self.passed / self.total

    @property
    def high(self) -> float:
        """The share that passes or may: not failed."""
        return self.possible / self.total

    @property
    def badge(self) -> Badge:
        """By the lower end; a pillar of which nothing is known is not assessed."""
        if self.unknown == self.total:
            return "not_assessed"
        return "ready" if self.low >= READY_FROM else "not_ready"


@dataclass(frozen=True)
class Scorecard:
    """Everything about one agent's readiness over one window."""

    agent_id: str
    agent_name: str
    window: Window
    findings: tuple[Finding, ...]
    pillars: tuple[Pillar, ...]
    badge: Badge
    blocker: Finding | None

    def of(self, pillar: int) -> tuple[Finding, ...]:
        """The findings of one pillar."""
        return tuple(each for each in self.findings if each.criterion.pillar == pillar)
