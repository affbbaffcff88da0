"""Where the chance of the example account comes from: the same for a seed, an agent and a day."""

import hashlib
import math
from datetime import UTC, date, datetime
from random import Random


def generator(seed: int, agent: str, day: date) -> Random:
    """The source of chance of one agent-day; it depends on nothing else, so days can be made in any order."""
    digest = hashlib.sha256(f"{seed}|{agent}|{day.isoformat()}".encode()).digest()
    return Random(int.from_bytes(digest[:16], "big"))


def day_of(at_ms: int) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def midnight_ns(day: date) -> int:
    """Nanoseconds since 1970 at 00:00 UTC of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000


def around(rng: Random, median: float, spread: float) -> float:
    """A log-normal draw with that median; `spread` is the standard deviation of its logarithm."""
    return median * math.exp(rng.gauss(0.0, spread))
