"""How the month's budget slows what costs money. Pure: charges and a clock in, a rhythm out.

From 80 % of `[budget] monthly_usd` on, what is left is spread evenly over the rest of the month: sources that have cost
something are read less often, at least an hour and at most a day apart. They are never given up, and sources that cost
nothing are read as ever. What was asked for by --since and --until is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sql.rows import Spent

NEAR = 0.8
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Brake:
    """What the budget does to a pass. `rhythm`: the time between two readings of a paid source; None: as usual.

    USD are estimates of this month (UTC) so far; calls of unknown price are counted in `unpriced_calls` only.
    """

    monthly_usd: float | None = None
    spent_usd: float = 0.0
    unpriced_calls: int = 0
    rhythm: timedelta | None = None
    paid: tuple[str, ...] = ()

    def slowed_to_s(self, source: str) -> int | None:
        """Seconds between two readings of this source; None while it is read as ever."""
        return None if self.rhythm is None or source not in self.paid else int(self.rhythm.total_seconds())

    def holds(self, source: str, reached_at: datetime | None, now: datetime) -> bool:
        """Whether this source has to wait: it was read less than the rhythm ago."""
        seconds = self.slowed_to_s(source)
        if seconds is None or reached_at is None:
            return False
        return timedelta() <= now - reached_at < timedelta(seconds=seconds)

    @property
    def text(self) -> str | None:
        """What it does, in words; None while it does nothing."""
        if self.rhythm is None:
            return None
        return (
            f"budget: about {self.spent_usd:.2f} of {self.monthly_usd:.2f} USD of this month are used, so "
            f"{', '.join(self.paid)} are read every {span(self.rhythm)} only; what is free is read as ever"
        )

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        values = asdict(self)
        values["rhythm_s"] = None if self.rhythm is None else int(self.rhythm.total_seconds())
        del values["rhythm"]
        return {**values, "text": self.text}


def brake(monthly_usd: float | None, spent: Iterable[Spent], now: datetime) -> Brake:
    """What the budget does at `now` (naive UTC) after these charges of the month."""
    sources = list(spent)
    total = sum(each.month_usd for each in sources)
    plain = Brake(monthly_usd, total, sum(each.unpriced_calls for each in sources))
    paid = tuple(sorted(each.source for each in sources if each.month_usd > 0))
    if monthly_usd is None or not paid or total < NEAR * monthly_usd:
        return plain
    rhythm = _rhythm(monthly_usd - total, sum(each.reading_usd for each in sources), month_end(now) - now)
    return Brake(monthly_usd, total, plain.unpriced_calls, rhythm, paid)


def _rhythm(left_usd: float, reading_usd: float, rest: timedelta) -> timedelta:
    """The time between two readings that makes the money last, between an hour and a day."""
    if left_usd <= 0 or reading_usd >= left_usd:
        return LONGEST
    return min(max(rest * (reading_usd / left_usd), SHORTEST), LONGEST)


def month_end(now: datetime) -> datetime:
    """The first moment of the next month."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def span(time: timedelta) -> str:
    """A time for people: 14 s, 90 min, 6 h."""
    seconds = time.total_seconds()
    if seconds < 180:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3 * 3600 else f"{seconds / 3600:.0f} h"
