"""A KPI of an agent as a stream of cases between 0 and 1, day by day: s of n.

Rates are streams already. A duration or a cost becomes "more than the 95th percentile of its kind of task in the first
28 days"; a share of work (kind of task, model) becomes one stream for each value; a sum becomes units in slots
(`amounts`). A stream is a whole and its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics.insights.model import Segment

Days = NDArray[np.float64]
Measure = Literal["rate", "exceeding", "share", "coverage", "amount"]
BASE_DAYS = 28
BLOCK_DAYS = 28
BLOCKS = 3
_FIRST_BLOCK = date(2024, 1, 1)
TELLS_OF_DATA = frozenset({"label_coverage"})


@dataclass(frozen=True)
class Part:
    """The whole of a stream or one part of it: s of n on each day of the stream's calendar."""

    segment: Segment
    s: Days
    n: Days
    threshold: float | None = None


@dataclass(frozen=True)
class Stream:
    """One agent's KPI. `cluster` is how many cases come from one task (or, of a sum, in one bunch): they count as one.

    `better` is the KPI's good direction. `first_day` is the day of index 0; the last index is the last mature day. Of a
    sum `least` is the smallest cluster there is.
    """

    agent_id: str
    kpi: str
    measure: Measure
    better: str
    first_day: date
    whole: Part
    parts: tuple[Part, ...] = ()
    cluster: float = 1.0
    least: float = 0.0

    @property
    def days(self) -> int:
        """How many calendar days the stream holds."""
        return len(self.whole.n)

    @property
    def name(self) -> str:
        """What tells the stream apart within its agent."""
        dimension = f":{self.whole.segment.dimension}" if self.measure == "share" else ""
        return f"{self.kpi}:coverage" if self.measure == "coverage" else f"{self.kpi}{dimension}"

    def day(self, index: int) -> date:
        """The calendar day of an index."""
        return self.first_day + timedelta(days=index)

    def index(self, day: date) -> int:
        """The index of a calendar day; may lie outside."""
        return (day - self.first_day).days


def tells_of_data(stream: Stream) -> bool:
    """Whether a stream is about how much evidence there is, not about the work."""
    return stream.measure == "coverage" or stream.kpi in TELLS_OF_DATA


def lookback(as_of: date) -> date:
    """The first day looked at: 84 to 111 days back, in steps of 28, so that the baseline stays the same for so long.

    What has been otherwise for longer than that is the new normal; only a missed target still speaks of it.
    """
    blocks = (as_of - _FIRST_BLOCK).days // BLOCK_DAYS
    return _FIRST_BLOCK + timedelta(days=BLOCK_DAYS * (blocks - BLOCKS))
