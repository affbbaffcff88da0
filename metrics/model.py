"""The values that pass between asking for a KPI and showing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

By = Literal["day", "week", "month", "total"]
State = Literal["ok", "low_n", "immature", "unknown", "not_applicable"]
Verdict = Literal["better", "worse", "changed", "no_change", "cannot_tell"]
Scale = Literal["points", "relative"]

PERIODS: tuple[By, ...] = ("day", "week", "month", "total")
GROUPS: dict[str, str] = {
    "agent": "agent_id",
    "version": "agent_version",
    "task_type": "task_type",
    "environment": "environment",
    "team": "team",
    "product": "product",
}
# Groups that are told by who owns the agent today, not by the work itself: `agents` says it.
OWNED: tuple[str, ...] = ("team", "product")
NOT_REAL_WORK: tuple[str, ...] = ("test", "synthetic", "replay", "load")


class QueryError(ValueError):
    """A question that cannot be answered as it was asked; the message says what to change."""


@dataclass(frozen=True)
class Access:
    """The agents that a viewer may see. `agents` None means all of them."""

    agents: frozenset[str] | None

    @classmethod
    def everything(cls) -> Access:
        """A viewer who may see every agent, unattributed money included."""
        return cls(None)

    @classmethod
    def only(cls, *agents: str) -> Access:
        """A viewer who may see these agents and nothing else."""
        return cls(frozenset(agents))

    def allows(self, agent_id: str) -> bool:
        """Whether this viewer may see the agent."""
        return self.agents is None or agent_id in self.agents


@dataclass(frozen=True)
class Query:
    """Which tasks or calls a KPI is asked about.

    `start` is inclusive and `end` exclusive, both calendar days of the organisation. Filters of None mean
    "all", except `environments`: None leaves out test, synthetic, replay and load unless `all_environments`.
    Teams and products are those that own the agents now, whoever owned them then.
    `slice_by` names the KPI's own slice dimension (tool, model) and is needed only for latency KPIs; the
    others always give their slices.
    """

    start: date
    end: date
    agents: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None
    task_types: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    all_environments: bool = False
    by: By = "total"
    group: tuple[str, ...] = ()
    slice_by: str | None = None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise QueryError(f"{self.start} to {self.end} holds no day: the end is exclusive, choose it later.")
        if self.by not in PERIODS:
            raise QueryError(f"by={self.by!r} is not known: choose one of {', '.join(PERIODS)}.")
        unknown = [name for name in self.group if name not in GROUPS]
        if unknown:
            raise QueryError(f"Cannot group by {', '.join(unknown)}: choose among {', '.join(GROUPS)}.")


class Value(NamedTuple):
    """One number with everything needed to judge it.

    Rates are 0 to 1, durations milliseconds, money USD. `slice` is '' for the whole, else a quantile, tool,
    reason, token kind or k; a quantile of one tool or model reads `<tool>:p95`. `coverage` is the share of the
    evidence that was there. `value` is filled whenever it can be computed; `state` says whether to trust it and
    `missing` says in words what stands in the way, or what an `ok` number leaves out. `at_least` True: the value is
    only a lower bound, because some of what it sums has no price.
    """

    kpi: str
    agent_id: str | None
    agent_version: str | None
    slice: str
    start: date
    end: date
    value: float | None
    low: float | None
    high: float | None
    n: int
    coverage: float | None
    state: State
    numerator: float | None
    denominator: float | None
    unit: str
    definition_version: str
    task_type: str | None = None
    environment: str | None = None
    team: str | None = None
    product: str | None = None
    missing: str | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Change:
    """How far a KPI moved between two periods.

    `amount` with its interval `low` to `high` is in points (a fraction, 0.011 = 1.1 points) where `scale` is
    'points', else relative (0.11 = 11 % more). `difference` is in the KPI's own unit. `verdict` 'changed' means
    a clear move of a KPI that has no good direction.
    """

    kpi: str
    scale: Scale
    amount: float | None
    low: float | None
    high: float | None
    difference: float | None
    relative: float | None
    verdict: Verdict
    reason: str
