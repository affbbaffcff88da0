"""The account's truth at one moment: its incidents with their days and sizes, and every KPI of every agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from collectors.demo.account import DemoAccount, milliseconds
from collectors.demo.actions import Happened
from collectors.demo.incidents import INCIDENTS, Incident
from collectors.demo.shapes import CYCLE_DAYS, EPOCH
from collectors.demo.truth.calls import CallKnown, sandbox_calls
from collectors.demo.truth.figures import FIGURES
from collectors.demo.truth.known import AgentKnown, actions_of, days_of, know, local_day
from collectors.demo.truth.span import Figures, Span
from collectors.demo.world import AGENTS

DAY = timedelta(days=1)
RECENT_DAYS = 28
# Before that much of a day's end, some of its tasks may still run.
SETTLED = timedelta(hours=3)
LEAST_USUAL_DAYS = 7

Days = tuple[date, date]


@dataclass(frozen=True)
class Occurrence:
    """The whole days on which an incident lasts, and whole days without it to compare them with: [first, until)."""

    incident: Incident
    began: date
    during: Days
    usual: Days


class Truth:
    """What the ledger must say of the account made from `seed` that ends at `end` (naive UTC, default this hour)."""

    def __init__(self, end: datetime | None = None, seed: int = 7) -> None:
        self.account = DemoAccount(seed, end)
        self.seed = seed

    @property
    def first(self) -> date:
        """The first calendar day that the account shows whole."""
        return local_day(milliseconds(self.account.begin)) + DAY

    @property
    def until(self) -> date:
        """The day after the last whole one whose tasks have all ended."""
        return local_day(milliseconds(self.account.end - SETTLED))

    @property
    def spans(self) -> dict[str, Days]:
        """The days that every KPI is worked out for."""
        recent = self.until - timedelta(days=RECENT_DAYS)
        return {"all": (self.first, self.until), "last_28_days": (recent, self.until)}

    @cached_property
    def known(self) -> dict[str, AgentKnown]:
        """What is known of each agent, by its key."""
        return {agent.key: know(self.account.clock, agent) for agent in AGENTS}

    @property
    def actions(self) -> tuple[Happened, ...]:
        """What people had done about findings by the end."""
        return actions_of(self.account.clock)

    def span(self, agent: str, days: Days, task_type: str | None = None) -> Span:
        """The work of an agent on some days."""
        return Span(self.known[agent], *days, task_type)

    def figures(self, agent: str, days: Days) -> dict[str, Figures]:
        """Every KPI of an agent on some days."""
        span = self.span(agent, days)
        return {kpi: figures(span) for kpi, figures in FIGURES.items()}

    def unattributed(self, days: Days) -> list[CallKnown]:
        """The model calls of some days that belong to no agent."""
        every = (call for day in days_of(self.account.clock) for call in sandbox_calls(self.seed, day, local_day))
        return [call for call in every if days[0] <= call.day < days[1]]

    def occurrence(self, incident: Incident) -> Occurrence:
        """The time that the account shows the incident best, the newest of two such times."""
        began = max(self._begins(incident), key=lambda day: self._how_well_shown(incident, day))
        before = self._shown(began - timedelta(days=RECENT_DAYS), began)
        ended = began + timedelta(days=incident.days + 1)
        after = self._shown(ended, ended + timedelta(days=RECENT_DAYS))
        usual = before if self._length(before) >= LEAST_USUAL_DAYS else after
        return Occurrence(incident, began, self._during(incident, began), usual)

    @property
    def occurrences(self) -> list[Occurrence]:
        """Every incident."""
        return [self.occurrence(incident) for incident in INCIDENTS]

    def _begins(self, incident: Incident) -> list[date]:
        """The days on which it began."""
        cycles = (self.until - EPOCH).days // CYCLE_DAYS
        return [EPOCH + timedelta(days=cycle * CYCLE_DAYS + incident.first_day) for cycle in range(cycles + 1)]

    def _how_well_shown(self, incident: Incident, began: date) -> tuple[bool, int, date]:
        """Longest first; drift compares with as many days before, which must be shown too."""
        during = self._during(incident, began)
        length = self._length(during)
        return incident.kpi != "drift" or during[0] - timedelta(days=length) >= self.first, length, began

    def _during(self, incident: Incident, began: date) -> Days:
        return self._shown(began + DAY, began + timedelta(days=incident.days))

    def _length(self, days: Days) -> int:
        return (days[1] - days[0]).days

    def _shown(self, first: date, until: date) -> Days:
        return max(first, self.first), min(until, self.until)
