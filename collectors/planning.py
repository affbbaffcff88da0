"""What a backfill has to read: the range that was asked for, as far as AWS still has it, less what has been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.aws import Account
from collectors.charges import called
from collectors.errors import CollectorError, Stopped
from collectors.job import NOT_SET_UP, Job, Outcome, Place
from collectors.run import chosen, find_scopes, nowhere
from collectors.source import Source
from collectors.window import Window, asked_window, missing, parts_of
from sql.ranges import Refusal
from sql.warehouse import Scope

GONE = Refusal(
    "NotListed",
    "AWS does not list it any more: it was deleted, or ledger.toml names it no longer.",
    "Nothing can be done about what AWS has deleted; what was read stays. If it comes back, run the backfill again.",
)


@dataclass(frozen=True)
class Wanted:
    """The range that was asked for, half-open; `again` reads also what has been read."""

    since: datetime
    until: datetime
    again: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the range in one scope: what is read, landed and remembered at once."""

    source: Source
    scope: Scope
    window: Window

    @property
    def length(self) -> timedelta:
        """The time it covers."""
        return self.window.end - self.window.start


def plan(job: Job, place: Place, wanted: Wanted, outcome: Outcome) -> list[Part]:
    """The parts to read in one place, the newest first. Writes down what was asked for."""
    parts: list[Part] = []
    for source in chosen(job):
        if source.longest is None or not place.reads(source) or job.stop.asked:
            continue
        scopes, failed = find_scopes(job, source, place.account)
        if failed is not None:
            outcome.runs.append(failed)
        if failed is None or failed.status == NOT_SET_UP:
            _close_lost(job, source, place.account, scopes, outcome)
        for scope in scopes:
            parts += _parts(job, source, place.account, scope, wanted, outcome)
    return sorted(parts, key=lambda part: (-part.window.end_ms, part.scope.source, part.scope.name))


def _close_lost(job: Job, source: Source, account: Account, scopes: list[Scope], outcome: Outcome) -> None:
    """What was asked for of a scope that is not there any more is closed, with the reason."""
    here = nowhere(account, source.key)
    for scope in job.warehouse.ranges.open_scopes():
        same_place = (scope.source, scope.account_id, scope.region) == (here.source, here.account_id, here.region)
        if same_place and scope not in scopes and not job.stop.asked:
            outcome.tell(job.watch, "closed", f"{scope.source} {scope.name}: {GONE.error_message} {GONE.remedy}")
            close(job, scope, [Window(*each) for each in job.warehouse.ranges.of(scope, "asked")], GONE)


def close(job: Job, scope: Scope, windows: list[Window], why: Refusal) -> None:
    """What of the windows has not been read cannot be read."""
    with job.warehouse.transaction():
        for gap in (gap for window in windows for gap in missing(window, job.read(scope))):
            job.warehouse.ranges.add(scope, "unreadable", gap.start, gap.end, why)


def _parts(job: Job, source: Source, account: Account, scope: Scope, wanted: Wanted, outcome: Outcome) -> list[Part]:
    """What is left of one scope."""
    whole = _stretch(job, source, account, scope, wanted, outcome)
    if whole is None or source.longest is None:
        return []
    ranges = job.warehouse.ranges
    with job.warehouse.transaction():
        if wanted.again:
            ranges.take(scope, "read", whole.start, whole.end)
            ranges.take(scope, "unreadable", whole.start, whole.end)
        ranges.add(scope, "asked", whole.start, whole.end)
    cut = parts_of(missing(whole, job.read(scope)), source.longest)
    return [Part(source, scope, each) for each in cut]


def _stretch(
    job: Job, source: Source, account: Account, scope: Scope, wanted: Wanted, outcome: Outcome
) -> Window | None:
    """The range as far as it has happened, and as far as AWS still has it; says what it has not."""
    since, pace = wanted.since, job.pace(source)
    kept = _kept(job, source, account, scope)
    if kept is not None and since < job.horizon() - kept:
        since = job.horizon() - kept
        name = f"{scope.source} {scope.name}".rstrip()
        left = f"only what is after {since:%Y-%m-%d %H:%M} (UTC) can be read"
        left = "nothing of the range is left" if since >= wanted.until else left
        outcome.tell(job.watch, "gone", f"{name}: AWS keeps {kept.days} days, {left}")
    return asked_window(since, min(wanted.until, job.horizon() - pace.settle), None, pace)


def _kept(job: Job, source: Source, account: Account, scope: Scope) -> timedelta | None:
    """How long AWS keeps the records; None where it does not say."""
    before = account.calls.copy()
    try:
        return source.keeps(account, scope)
    except Stopped:
        return None
    except CollectorError:  # reading tells what is wrong, with its remedy
        return None
    finally:
        job.warehouse.count_calls(scope, called(account.calls.since(before)), job.clock())
