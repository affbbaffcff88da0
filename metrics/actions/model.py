"""The values that pass between what people entered, the verdict on it, and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from metrics.effects.model import WORDS, Direction, Grade, Move, Word

State = Literal["proposed", "accepted", "shipped", "kept", "reverted", "dismissed"]
Verdict = Literal[Word, "trade_off"]
# How an effect is told apart from what else moved: docs/actions.md.
Design = Literal["before_after", "split", "version", "agent", "kinds"]
PLANNED: dict[Design, Grade] = {"before_after": "C", "split": "A", "version": "B", "agent": "B", "kinds": "B"}
Guarded = Literal["held", "breached", "not_settled"]
# What may follow what. Nothing follows a dismissal or a revert: propose anew.
NEXT: dict[State, tuple[State, ...]] = {
    "proposed": ("accepted", "dismissed"),
    "accepted": ("shipped", "dismissed"),
    "shipped": ("kept", "reverted"),
    "kept": ("reverted",),
    "reverted": (),
    "dismissed": (),
}
IN_EFFECT: tuple[State, ...] = ("shipped", "kept", "reverted")
VERDICT_WORDS: dict[Verdict, str] = {word: said for word, said in WORDS.items()} | {"trade_off": "trade-off"}


@dataclass(frozen=True)
class Guard:
    """A number (or the part of it that `slice` names) that must not get worse by more than `margin`, in its unit."""

    kpi: str
    margin: float
    slice: str = ""


@dataclass(frozen=True)
class Plan:
    """What was written down before the change and stays: what has to move, by how much, against which days.

    `slice` is a tool or a quantile, `task_type` the kind of task it is about (None: all). `spell_from` to `spell_to`
    are the bad days of the finding; they are never the baseline. `design` says what the effect is told apart by:
    `split` is the share of tasks meant to get the change, `control_agent` the agent that stays unchanged.
    """

    kpi: str
    direction: Direction
    materiality: float
    guards: tuple[Guard, ...]
    baseline_from: date
    baseline_to: date
    slice: str = ""
    spell_from: date | None = None
    spell_to: date | None = None
    min_days: int = 7
    grade: Grade = "C"
    design: Design = "before_after"
    control_agent: str | None = None
    split: float | None = None
    task_type: str | None = None


@dataclass(frozen=True)
class Step:
    """One entry about an action. A `verdict` step writes down what was found and moves nothing."""

    step_id: str
    action_id: str
    step: str
    entered_by: str
    entered_at: datetime
    reason: str | None = None
    change_id: str | None = None
    changed_at: datetime | None = None
    verdict: Verdict | None = None
    as_of: date | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    usd_month: float | None = None
    usd_low: float | None = None
    usd_high: float | None = None
    grade: Grade | None = None


@dataclass(frozen=True)
class Action:
    """One action with all that was entered about it, oldest step first."""

    action_id: str
    agent_id: str
    title: str
    owner: str | None
    insight_id: str | None
    signature: str | None
    insight_at: datetime | None
    plan: Plan
    registered_at: datetime
    registered_by: str
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> State:
        """Where the steps led; one that cannot follow the state reached moves nothing."""
        state: State = "proposed"
        for each in self.steps:
            state = next((after for after in NEXT[state] if after == each.step), state)
        return state

    @property
    def shipped(self) -> Step | None:
        """The step that linked the change, if it is in effect or was. The first one counts."""
        return self._first("shipped") if self.state in IN_EFFECT else None

    @property
    def decided(self) -> Step | None:
        """The step by which somebody kept or reverted it."""
        found = [each for each in self.steps if each.step in ("kept", "reverted")]
        return found[-1] if found and self.state in ("kept", "reverted") else None

    @property
    def decided_on(self) -> Verdict | None:
        """The verdict that was known when it was kept or reverted; None where there was none yet."""
        if self.decided is None:
            return None
        known = self.steps[: self.steps.index(self.decided) + 1]
        return next((each.verdict for each in reversed(known) if each.verdict is not None), None)

    @property
    def dismissed(self) -> Step | None:
        """The step that dismissed it."""
        return self._first("dismissed") if self.state == "dismissed" else None

    @property
    def recorded(self) -> Step | None:
        """The newest verdict that was written down."""
        found = [each for each in self.steps if each.verdict is not None]
        return found[-1] if found and self.shipped is not None else None

    def _first(self, step: str) -> Step | None:
        return next((each for each in self.steps if each.step == step), None)


@dataclass(frozen=True)
class GuardSeen:
    """What became of a guard. `label` is its number as people know it."""

    guard: Guard
    label: str
    unit: str
    state: Guarded
    move: Move | None
    says: str = ""


@dataclass(frozen=True)
class Money:
    """Effect in money a month; positive is saved. All None where it has no price, and `basis` says why."""

    value: float | None
    low: float | None
    high: float | None
    basis: str


@dataclass(frozen=True)
class Outcome:
    """The verdict on an action as the data stand, with what it rests on. `days` are those since the change.

    `label` and `unit` are those of the number that it has to move.
    """

    verdict: Verdict
    says: str
    move: Move | None
    label: str
    unit: str
    guards: tuple[GuardSeen, ...]
    money: Money
    grade: Grade
    days: int
    as_of: date | None
    notes: tuple[str, ...] = ()
    spell: Move | None = None


@dataclass(frozen=True)
class Note:
    """A decision of a person about a finding (`insight`) or about all findings of one signature (`issue`)."""

    note_id: str
    agent_id: str
    subject: str
    subject_id: str
    verb: str
    entered_by: str
    entered_at: datetime
    signature: str | None = None
    owner: str | None = None
    worth_raising: bool | None = None
    reason: str | None = None
