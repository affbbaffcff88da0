"""How far a backfill is, how fast, and how long it still takes. Pure: durations and a clock in, words out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.budget import span


@dataclass
class Progress:
    """Parts of ranges: how many there are and are done, the time they cover, and the records read on the way.

    Parts that cannot be read, or have to wait, are taken out of the whole: they do not count as done.
    """

    begun: datetime
    parts: int = 0
    whole: timedelta = field(default_factory=timedelta)
    parts_done: int = 0
    done: timedelta = field(default_factory=timedelta)
    records: int = 0
    now: datetime | None = None

    def plan(self, length: timedelta) -> None:
        """One more part to read."""
        self.parts, self.whole = self.parts + 1, self.whole + length

    def drop(self, length: timedelta) -> None:
        """One part that is not going to be read now."""
        self.parts, self.whole = self.parts - 1, self.whole - length

    def finish(self, length: timedelta, records: int, now: datetime) -> None:
        """One part has been read."""
        self.parts_done, self.done = self.parts_done + 1, self.done + length
        self.records, self.now = self.records + records, now

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1, by the time that the parts cover."""
        return self.done / self.whole if self.whole else 1.0

    @property
    def rate(self) -> float | None:
        """Records a second so far; None before any time has passed."""
        passed = self._passed.total_seconds()
        return self.records / passed if passed > 0 else None

    @property
    def left(self) -> timedelta | None:
        """How long the rest takes at the pace so far; None before that is known."""
        if not self.done or not self._passed:
            return None
        return self._passed * ((self.whole - self.done) / self.done)

    @property
    def text(self) -> str:
        """The same for people."""
        said = [f"{self.parts_done:,} of {self.parts:,} parts", f"{self.share:.0%}"]
        said += [f"{self.rate:,.0f} records/s"] if self.rate is not None else []
        said += [f"about {span(self.left)} left"] if self.left else []
        return ", ".join(said)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "parts": self.parts,
            "parts_done": self.parts_done,
            "share": round(self.share, 4),
            "records": self.records,
            "records_per_s": None if self.rate is None else round(self.rate, 1),
            "left_s": None if self.left is None else round(self.left.total_seconds()),
            "begun_at": self.begun,
            "at": self.now,
        }

    @property
    def _passed(self) -> timedelta:
        return timedelta() if self.now is None else self.now - self.begun
