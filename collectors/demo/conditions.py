"""What holds for an agent on one day: the release that serves and the incidents that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from collectors.demo.incidents import INCIDENTS, Incident, Kind
from collectors.demo.shapes import EPOCH, Agent


@dataclass(frozen=True)
class Conditions:
    """What holds for an agent on one day: its version, model, the factors on its usual figures, and the incidents.

    `everywhere` are the incidents of all agents on all days.
    """

    version: str
    model: str
    effects: Mapping[str, float]
    incidents: Mapping[Kind, Incident]
    day: date
    everywhere: Sequence[Incident]

    def times(self, kind: Kind) -> float:
        """The factor on a figure; 1.0 where nothing changes it."""
        incident = self.incidents.get(kind)
        return self.effects.get(kind, 1.0) * (incident.factor if incident else 1.0)

    def of(self, agent: Agent) -> Conditions:
        """What holds for another agent on the same day."""
        return conditions(agent, self.day, self.everywhere)


def conditions(agent: Agent, day: date, incidents: Sequence[Incident] = INCIDENTS) -> Conditions:
    """The release that serves on `day`, and the incidents of that day."""
    cycle = sum(release.days for release in agent.releases)
    rounds, into = divmod((day - EPOCH).days, cycle)
    index = 0
    while into >= agent.releases[index].days:
        into -= agent.releases[index].days
        index += 1
    release = agent.releases[index]
    version = agent.first_version + rounds * len(agent.releases) + index
    lasting = {each.kind: each for each in incidents if each.agent == agent.key and each.holds_on(day)}
    return Conditions(str(version), release.model, release.effects, lasting, day, incidents)


def expected_tasks(agent: Agent, day: date) -> float:
    """How many tasks an agent usually gets on a day of that weekday."""
    return agent.tasks_per_weekday * (agent.weekend_share if day.weekday() >= 5 else 1.0)
