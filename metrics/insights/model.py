"""The types of an insight: what others attach owners, grades and actions to.

An insight is about one agent, one KPI and one direction (`up`, `down`), and keeps its `id` from day to day. Rates are
0 to 1, durations ms, money USD. What could not be told is None together with the words that say why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from metrics.effects.model import Direction, Grade

Kind = Literal["sudden", "level", "data", "zero"]
Verdict = Literal["worse", "better", "changed", "unknown"]
State = Literal["open", "over", "held"]


@dataclass(frozen=True)
class Reading:
    """A number of some days: `start` inclusive, `end` exclusive, with its 95 % interval.

    `per` is "day" where it is a sum a day; `n` is then how many days.
    """

    start: date
    end: date
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    per: str = ""


@dataclass(frozen=True)
class Segment:
    """One value of one dimension: `tool` = `supplier_portal`. An empty dimension is the whole."""

    dimension: str = ""
    value: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is no part but all of the agent's work."""
        return not self.dimension


@dataclass(frozen=True)
class Onset:
    """Since when: the likeliest first day of the change and the days that hold it with 90 % chance.

    `first` to `last` without knowing of any release, `marked_first` to `marked_last` with releases weighing ten times
    as much as other days. `alarmed_on` is the day the detector fired, `no_change` the chance that nothing changed.
    """

    day: date
    chance: float
    first: date
    last: date
    marked_first: date
    marked_last: date
    no_change: float
    alarmed_on: date

    @property
    def delay_days(self) -> int:
        """Days from the change to the alarm, both included: 1 = on the same day."""
        return (self.alarmed_on - self.day).days + 1


@dataclass(frozen=True)
class Candidate:
    """A recorded change inside the 90 % set. `chance` is that of a change on its day, releases weighing more."""

    change_id: str
    on: date
    kind: str
    before: str | None
    after: str | None
    chance: float
    source: str
    resource: str | None = None


@dataclass(frozen=True)
class Effect:
    """A part of a change with its 95 % interval, in the KPI's unit; `clear` when it may be told from nothing."""

    name: str
    amount: float
    low: float
    high: float
    clear: bool


@dataclass(frozen=True)
class Mix:
    """How much of the change is the rates of kinds of work (`rate`) and how much their shares (`mix`)."""

    dimension: str
    total: float
    rate: Effect
    mix: Effect
    parts: tuple[Effect, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slice:
    """A slice found on odd days and confirmed on even days: counts of the even days, share of the change explained."""

    literals: tuple[Segment, ...]
    before_k: float
    before_n: float
    after_k: float
    after_n: float
    shrunk: float
    p_adjusted: float
    explained: float
    explained_low: float
    explained_high: float


@dataclass(frozen=True)
class Cause:
    """One kind of failure: its share among failures before and now with an interval, and what it costs a month.

    `share` adds up over causes where a failure has one cause. `fix_gain` is the rate won if only this cause vanished;
    fix gains overlap and must not be added.
    """

    name: str
    n: float
    share: float
    low: float
    high: float
    before: float | None
    fix_gain: float
    usd_month: float | None


@dataclass(frozen=True)
class Factor:
    """One factor of a cost: it multiplied the cost by `multiplier`, which is `usd` a task."""

    name: str
    multiplier: float
    low: float
    high: float
    usd: float
    before: float
    after: float
    unit: str
    moved: bool
    note: str = ""


@dataclass(frozen=True)
class KindMoved:
    """How many tasks a day were of one kind, before and now."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Bridge:
    """What took the cost per task (or a day's spend) from one period to the other.

    Multipliers multiply to the ratio, `usd` add up to the difference.
    """

    before: Reading
    after: Reading
    factors: tuple[Factor, ...]
    residual: float
    withheld: str | None = None


@dataclass(frozen=True)
class Control:
    """What agents that use the same model but were not changed did meanwhile. `platform_wide`: they moved alike."""

    agents: tuple[str, ...]
    difference: float
    low: float
    high: float
    platform_wide: bool


@dataclass(frozen=True)
class Because:
    """Why, as far as it can be told. `says` is the answer in words, "cannot tell" and "not separable" among them."""

    says: str
    candidates: tuple[Candidate, ...] = ()
    separable: bool = True
    mix: Mix | None = None
    slices: tuple[Slice, ...] = ()
    causes: tuple[Cause, ...] = ()
    bridge: Bridge | None = None
    control: Control | None = None
    kinds: tuple[KindMoved, ...] = ()


@dataclass(frozen=True)
class Worth:
    """Money at stake a month with its bounds; all None where it cannot be put into money, and `basis` says why.

    `low` ranks the feed. `tasks` are the tasks a month that are touched, at least.
    """

    value: float | None
    low: float | None
    high: float | None
    tasks: float
    basis: str


@dataclass(frozen=True)
class Gate:
    """One condition that a finding has to meet before it may bother anyone, with what is there and what is needed."""

    name: str
    passed: bool
    have: str
    need: str


@dataclass(frozen=True)
class KnownBy:
    """How many more cases decide whether an action helped, and by when at the present pace."""

    n: int
    on: date | None


@dataclass(frozen=True)
class Card:
    """The insight in words, by the fixed template; nothing on it is not in the insight."""

    moved: str
    since: str
    because: str
    sure: str
    worth: str
    do_next: str
    known_by: str


@dataclass(frozen=True)
class Insight:
    """One finding. `state` held: a gate keeps it back. `primary` is the id of the finding that it goes with."""

    id: str
    agent_id: str
    kpi: str
    direction: Direction
    kind: Kind
    state: State
    verdict: Verdict
    segment: Segment
    before: Reading
    after: Reading
    onset: Onset | None
    ended_on: date | None
    e_value: float | None
    grade: Grade
    because: Because
    worth: Worth
    known_by: KnownBy
    gates: tuple[Gate, ...]
    primary: str | None = None
    signature: str = ""
    card: Card = field(default_factory=lambda: Card("", "", "", "", "", "", ""))

    @property
    def begun(self) -> date:
        """The day it began; of one without such a day the first of the days that show it."""
        return self.after.start if self.onset is None else self.onset.day

    @property
    def held_by(self) -> Gate | None:
        """The first gate that holds it back; None for a finding that is shown."""
        return next((gate for gate in self.gates if not gate.passed), None)


@dataclass(frozen=True)
class Budget:
    """The promise on false alarms: so many in `days` over all `streams`, kept by an alarm at `threshold`."""

    streams: int
    days: int
    false_alarms: float
    threshold: float


@dataclass(frozen=True)
class Report:
    """All insights of one published file, best first: open, then held, then over. `as_of` is the last mature day.

    `digests` are fingerprints of what they are told from, `watched` the streams (in directions) and `models` the usual
    model of each agent: what the next report need not work out again.
    """

    published: str
    as_of: date | None
    budget: Budget
    insights: tuple[Insight, ...]
    not_watched: tuple[Gate, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    watched: dict[str, int] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    def of(self, agent_id: str) -> tuple[Insight, ...]:
        """The insights of one agent."""
        return tuple(each for each in self.insights if each.agent_id == agent_id)

    def named(self, insight_id: str) -> Insight | None:
        """The insight of that id; None where there is none."""
        return next((each for each in self.insights if each.id == insight_id), None)
