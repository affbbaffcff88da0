"""Values that cross the border of the SQL room."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LATENESS_HALF_LIFE = timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """Where rows come from: a source in one account and Region; `name` is a log group, a namespace or empty."""

    source: str
    account_id: str
    region: str
    name: str = ""


@dataclass(frozen=True)
class Cursor:
    """How far a scope has been read to exhaustion. Times are naive UTC; lateness in milliseconds.

    Lateness is that of one window; in the book it is what is remembered. `deep_read_at`: when late records were looked
    for far back, for the sources that do.
    """

    scope: Scope
    reached_at: datetime
    newest_event_at: datetime | None = None
    late_p999_ms: float | None = None
    deep_read_at: datetime | None = None


def remembered_lateness(before: Cursor, after: Cursor) -> float | None:
    """The lateness to go on with, in ms: that of the window just read, or what is left of an earlier, greater one.

    A source that was late once is expected to be late again: one punctual window does not narrow the next. Half of it
    is forgotten with every day read.
    """
    if before.late_p999_ms is None:
        return after.late_p999_ms
    days = max(timedelta(0), after.reached_at - before.reached_at) / LATENESS_HALF_LIFE
    return max(after.late_p999_ms or 0.0, before.late_p999_ms * math.exp2(-days))


@dataclass(frozen=True)
class S3Object:
    """One object of a bucket (or one file: bucket `file`, its absolute path as key). `modified_at` is naive UTC."""

    bucket: str
    key: str
    etag: str
    size: int
    modified_at: datetime | None = None


@dataclass(frozen=True)
class Reject:
    """A record that was not taken: why, and a scrubbed sample."""

    reason: str
    sample: str
    at: datetime | None = None


@dataclass
class Landed:
    """What became of a batch of records."""

    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    duplicates: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    late_p999_ms: float | None = None

    def __add__(self, other: Landed) -> Landed:
        return Landed(
            self.rows_read + other.rows_read,
            self.rows_new + other.rows_new,
            self.rows_changed + other.rows_changed,
            self.duplicates + other.duplicates,
            _sum_counts(self.skipped, other.skipped),
            _sum_counts(self.rejects, other.rejects),
            min((t for t in (self.first_at, other.first_at) if t is not None), default=None),
            max((t for t in (self.last_at, other.last_at) if t is not None), default=None),
            max((t for t in (self.late_p999_ms, other.late_p999_ms) if t is not None), default=None),
        )


def _sum_counts(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {key: a.get(key, 0) + b.get(key, 0) for key in sorted(a.keys() | b.keys())}


@dataclass(frozen=True)
class Called:
    """How often an AWS operation (its IAM action) was called, and `units` of what is charged; None: price unknown."""

    operation: str
    calls: int
    units: int | None
    usd: float | None


@dataclass(frozen=True)
class Spent:
    """Estimated AWS charges in USD of one source: this month (UTC) so far, and of the last reading of all its places.

    `unpriced_calls`: calls of this month whose price is unknown, and which are in neither sum.
    """

    source: str
    month_usd: float
    reading_usd: float
    unpriced_calls: int


@dataclass(frozen=True)
class Run:
    """One pass over one scope, as the collector writes it into its book."""

    run_id: str
    scope: Scope
    started_at: datetime
    finished_at: datetime
    window_from: datetime | None
    window_to: datetime | None
    status: str
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejects: int = 0
    api_calls: int = 0
    throttles: int = 0
    bytes: int = 0
    charged_usd: float | None = None
    slowed_to_s: int | None = None
    called: tuple[Called, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    remedy: str | None = None
    retry_helps: bool | None = None
