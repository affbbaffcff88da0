"""How many findings are open, and since how many days: what waits for somebody (K26).

A stock at the end of the data, not a sum over days: three findings that stay open for four weeks are three and not 84.
That is why it is told from the report of insights and is no file of daily parts (docs/decisions/0016-stocks.md).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from metrics import units
from metrics.insights.model import Report
from metrics.insights.report import lead_insights

# The last day of each age; None has no end.
LIMITS: tuple[int | None, ...] = (7, 28, None)
NOT_LOOKED = "Nothing has looked for findings yet: `python -m metrics insights --refresh` does, after each collection."
NOT_WATCHED = "No number of these agents can be watched yet: it takes 28 days without a change, and 30 cases."


@dataclass(frozen=True)
class Age:
    """How many open findings are `first` to `last` days old, both included; without a last day, or older."""

    first: int
    last: int | None
    findings: int

    @property
    def text(self) -> str:
        """The age in words, to follow a number of findings."""
        if self.last is None:
            return f"over {self.first - 1} days"
        return f"up to {self.last} days" if self.first == 1 else f"from {self.first} to {self.last} days"


@dataclass(frozen=True)
class OpenByAge:
    """Open findings by age. `findings` None is unknown, and `missing` says why; else the ages add up to it.

    A finding is as old as the days from the one on which it began to the last complete one, both included; those that
    go with another one are not counted again. `watched` of `agents` have a number that can be watched.
    """

    findings: int | None
    ages: tuple[Age, ...]
    oldest_days: int | None
    agents: int
    watched: int
    missing: str | None = None

    @property
    def text(self) -> str:
        """All of it in a sentence without a full stop."""
        if self.findings is None:
            return f"Open findings by age: unknown. {self.missing}".removesuffix(".")
        if not self.findings:
            return "Open findings by age: none is open"
        parts = ", ".join(f"{each.findings} {each.text}" for each in self.ages if each.findings)
        return f"Open findings by age: {parts}; the oldest is {units.grouped(self.oldest_days or 0)} days old"


def open_by_age(report: Report | None, agents: Collection[str] | None = None) -> OpenByAge:
    """The open findings of a report by age, of some agents or of all that it looked at.

    Unknown without a report, and where no finding is open because none could be found.
    """
    if report is None or report.as_of is None:
        return OpenByAge(None, (), None, len(agents or ()), 0, NOT_LOOKED)
    wanted = {name for name in report.digests if name} if agents is None else set(agents)
    watched = sum(report.watched.get(agent, 0) > 0 for agent in wanted)
    found = [each for each in lead_insights(report.insights) if each.state == "open" and each.agent_id in wanted]
    if not found and not watched:
        return OpenByAge(None, (), None, len(wanted), 0, NOT_WATCHED)
    days = sorted((report.as_of - each.begun).days + 1 for each in found)
    return OpenByAge(len(days), _ages(days), days[-1] if days else None, len(wanted), watched)


def _ages(days: Collection[int]) -> tuple[Age, ...]:
    first, ages = 1, []
    for last in LIMITS:
        ages.append(Age(first, last, sum(first <= each <= (last or each) for each in days)))
        first = (last or 0) + 1
    return tuple(ages)
