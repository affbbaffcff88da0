"""How many days at the end are still young: their labels come hours or days after the work."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from metrics import drill
from metrics.model import Access
from metrics.parts import Row
from metrics.states import read_freshness
from sql.published import Published


@dataclass(frozen=True)
class Lag:
    """95 of 100 labels of one kind are there of every day but the last `days`; `labels` is how many there are."""

    days: int
    labels: float


class Lags:
    """The lags of each agent's kinds of label."""

    def __init__(self, found: Mapping[tuple[str, str], Lag]) -> None:
        self._found = found

    @classmethod
    def of(cls, rows: Iterable[Row], slack_hours: float) -> Lags:
        """The lags in rows of `insight_lags`; `slack_hours` is how long the last complete day is over."""
        return cls({
            (row["agent_id"], row["kind"]): Lag(max(0, math.ceil((row["hours"] - slack_hours) / 24)), row["n"])
            for row in rows
        })  # fmt: skip

    def of_kind(self, agent_id: str, kind: str) -> int:
        """Young days of one kind of label."""
        found = self._found.get((agent_id, kind))
        return 0 if found is None else found.days

    def of_agent(self, agent_id: str) -> dict[str, int]:
        """Young days of each kind of label, and of the kind that there is most of."""
        own = {kind: lag.days for (agent, kind), lag in sorted(self._found.items()) if agent == agent_id}
        return {**own, "": self.usual(agent_id)}

    def usual(self, agent_id: str) -> int:
        """Young days of the kind that an agent has most of."""
        own = [lag for (agent, _), lag in self._found.items() if agent == agent_id]
        return max(own, key=lambda lag: lag.labels).days if own else 0

    def longest(self, agent_id: str) -> int:
        """Young days of the slowest kind."""
        return max((lag.days for (agent, _), lag in self._found.items() if agent == agent_id), default=0)


def read_lags(published: Published, access: Access, agents: Sequence[str] | None, first: date, end: date) -> Lags:
    """The lags of the days from `first` to the one before `end`."""
    fresh = read_freshness(published)
    over = datetime.combine(end, time(), tzinfo=fresh.zone)
    slack = timedelta() if fresh.through is None else fresh.through - over
    rows = drill.rows(published, "insight_lags", access, agents, **{"from": first, "to": end})
    return Lags.of(rows, slack.total_seconds() / 3600)
