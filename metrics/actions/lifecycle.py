"""Where an issue stands: moved by exposures and evidence, and by what people decided; never by mere counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from metrics import stats, units
from metrics.insights.cards import day

State = Literal["new", "escalating", "ongoing", "resolved", "regressed", "ignored"]
NEW_DAYS = 7
RECENT_DAYS = 7


@dataclass(frozen=True)
class Exposure:
    """So many cases that could have been hit, and those that were."""

    hit: int
    n: int

    @property
    def least(self) -> float:
        """The least share that is hit (95 %)."""
        found = stats.wilson(self.hit, self.n)
        return 0.0 if found is None else found.lo

    @property
    def most(self) -> float:
        """The greatest share that is hit: at most 3/n where none was; 1 where nothing was exposed."""
        if not self.n:
            return 1.0
        found = stats.wilson(self.hit, self.n)
        return min(1.0, 3 / self.n) if not self.hit or found is None else found.hi

    def surely_above(self, other: Exposure) -> bool:
        """Whether a greater share is hit than in the other days, whatever chance did. Never without exposures."""
        return self.n > 0 and other.n > 0 and self.least > other.most


@dataclass(frozen=True)
class Evidence:
    """What is known of an issue. `usual` are the days before it, `earlier` its own days before the last seven.

    `casewise` False: no single task tells whether it was hit, so that only findings count. `resolved_on`: by a person.
    """

    as_of: date
    first_seen: date
    last_begun: date
    open: bool
    ended_before: date | None
    usual: Exposure
    earlier: Exposure
    recent: Exposure
    casewise: bool
    resolved_on: date | None = None
    since: Exposure | None = None
    ignored: bool = False


def lifecycle(found: Evidence) -> tuple[State, str]:
    """The state with what it rests on, in words."""
    lately = _lately(found)
    if found.ignored:
        return "ignored", f"Still counted: {lately}."
    if found.resolved_on is not None:
        return _after_resolving(found, found.resolved_on)
    if not found.open:
        over = "" if found.ended_before is None else f"Over since {day(found.ended_before)}; "
        return "resolved", f"{over}{lately}{_bound(found.recent) if found.casewise else ''}."
    if found.ended_before is not None and found.last_begun > found.ended_before:
        back = f"It was over on {day(found.ended_before)} and came back on {day(found.last_begun)}"
        return "regressed", f"{back}; {lately}."
    if (found.as_of - found.first_seen).days < NEW_DAYS:
        return "new", f"First seen on {day(found.first_seen)}; {lately}."
    if found.casewise and found.recent.surely_above(found.earlier):
        return "escalating", f"{lately}, {of(found.earlier)} before: a greater share."
    return "ongoing", f"Since {day(found.last_begun)}; {lately}."


def _lately(found: Evidence) -> str:
    """What the last seven days hold."""
    if found.casewise:
        return f"{of(found.recent)} in the last {RECENT_DAYS} days"
    return (
        f"{units.grouped(found.recent.n)} tasks in the last {RECENT_DAYS} days; no single task tells whether it was hit"
    )


def _after_resolving(found: Evidence, resolved_on: date) -> tuple[State, str]:
    """It came back only by cases after that day: a finding that began later, or a share surely above the usual."""
    since = found.since or Exposure(0, 0)
    if not found.casewise and since.n and not (found.open and found.last_begun > resolved_on):
        return (
            "resolved",
            f"No new finding since it was resolved on {day(resolved_on)}, over {units.grouped(since.n)} tasks.",
        )
    if not since.n:
        return "resolved", f"Resolved on {day(resolved_on)}. No case since then: whether it helped is not known."
    began_later = found.open and found.last_begun > resolved_on
    if began_later or (found.casewise and since.surely_above(found.usual)):
        return "regressed", f"{of(since)} since it was resolved on {day(resolved_on)}."
    return "resolved", f"{of(since)} since it was resolved on {day(resolved_on)}{_bound(since)}."


def of(found: Exposure) -> str:
    """ "3 of 40"."""
    return f"{units.grouped(found.hit)} of {units.grouped(found.n)}"


def _bound(found: Exposure) -> str:
    """What none of n still allows."""
    return f": at most {units.text(found.most, 'ratio')}" if found.n and not found.hit else ""
