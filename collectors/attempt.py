"""One try at one window of one scope: read it, land it, book it. What fails keeps the cursor and tells its remedy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from collectors.aws import Account, CallCount
from collectors.charges import called, charged
from collectors.errors import BadSetting, CallUnknown, CollectorError, NotSetUp, Stopped, defect
from collectors.job import FAILED, NOT_SET_UP, OK, STOPPED, Job
from collectors.landing import Landing
from collectors.source import Reading, Source
from collectors.window import LONGEST_HOLD, Window, advanced, held_back, reached
from sql.errors import LedgerError
from sql.warehouse import Cursor, Landed, Run, Scope


@dataclass
class Attempt:
    """One try at one scope, from its beginning: what a run record is made of. `error`: why it failed."""

    account: Account
    scope: Scope
    begun: datetime
    calls_before: CallCount
    window: Window | None = None
    landed: Landed = field(default_factory=Landed)
    skipped: int = 0
    error: CollectorError | None = None


def begin(job: Job, account: Account, scope: Scope, window: Window | None = None) -> Attempt:
    """A try that begins now."""
    return Attempt(account, scope, job.clock(), account.calls.copy(), window)


def read_window(job: Job, source: Source, attempt: Attempt, window: Window, *, usual: bool) -> Run:
    """Read one window to its end. A usual one moves the cursor; others move it only over a gap that they close.

    Raises LedgerError, BadSetting; whatever else goes wrong is booked.
    """
    attempt.window = window
    job.watch.begin(attempt.scope, window)
    with Landing(job.warehouse, source.feeds, attempt.scope) as landing:
        try:
            settings = job.settings.source(source.key)
            source.collect(Reading(attempt.account, attempt.scope, window, landing, settings))
            return _finish(job, source, attempt, landing, usual=usual)
        except (LedgerError, BadSetting):
            raise
        except Exception as error:  # one source never stops the others
            landing.give_up()
            attempt.landed, attempt.skipped = landing.landed, landing.skipped.total()
            return give_up(job, attempt, error)


def _finish(job: Job, source: Source, attempt: Attempt, landing: Landing, *, usual: bool) -> Run:
    """Land what is left, note what has been read, move the cursor and write the run, all in one transaction."""
    assert attempt.window is not None  # noqa: S101 - read_window has set it
    landing.settle()
    with job.warehouse.transaction():
        landing.finish()
        attempt.landed, attempt.skipped = landing.landed, landing.skipped.total()
        read = [] if source.longest is None else _note_read(job, source, attempt.scope, attempt.window, landing)
        if cursor := _moved(job, source, attempt, landing, read) if usual else _over_gaps(job, attempt.scope, read):
            job.warehouse.set_cursor(cursor)
        done = _book(job, attempt, OK)
        job.warehouse.record_run(done)
    job.watch.end(done)
    return done


def _note_read(job: Job, source: Source, scope: Scope, window: Window, landing: Landing) -> list[Window]:
    """The window has been read, but for its end where that has something unfinished and is waited for."""
    held = window.end
    if window.end > job.horizon() - LONGEST_HOLD:
        held = held_back(window.end, landing.unfinished, job.pace(source).overlap)
    return [Window(*each) for each in job.warehouse.ranges.note_read(scope, window.start, window.end, held)]


def _moved(job: Job, source: Source, attempt: Attempt, landing: Landing, read: list[Window]) -> Cursor:
    """The cursor after a usual window, with what it showed of lateness."""
    assert attempt.window is not None  # noqa: S101 - read_window has set it
    window, before = attempt.window, job.warehouse.cursor(attempt.scope)
    at = reached(window, None if before is None else before.reached_at)
    at = advanced(held_back(at, landing.unfinished, job.pace(source).overlap), read)
    deep = None
    if source.deep is not None and (before is None or window.start <= job.horizon() - source.deep):
        deep = job.horizon()
    return Cursor(attempt.scope, at, attempt.landed.last_at, attempt.landed.late_p999_ms, deep)


def _over_gaps(job: Job, scope: Scope, read: list[Window]) -> Cursor | None:
    """The cursor beyond the gap that has just been closed; None where it stays."""
    before = job.warehouse.cursor(scope)
    if before is None:
        return None
    at = advanced(before.reached_at, read)
    return None if at == before.reached_at else replace(before, reached_at=at)


def give_up(job: Job, attempt: Attempt, error: Exception) -> Run:
    """Write why a scope could not be read; its cursor stays."""
    known = attempt.error = error if isinstance(error, CollectorError) else defect(error)
    done = replace(
        _book(job, attempt, _status_of(known)),
        error_code=known.code,
        error_message=known.message,
        remedy=known.remedy,
        retry_helps=known.retry_helps,
    )
    with job.warehouse.transaction():
        job.warehouse.record_run(done)
    job.watch.end(done)
    return done


def _status_of(error: CollectorError) -> str:
    """How an attempt that ended so is booked."""
    if isinstance(error, Stopped):
        return STOPPED
    return NOT_SET_UP if isinstance(error, NotSetUp | CallUnknown) else FAILED


def _book(job: Job, attempt: Attempt, status: str) -> Run:
    """The run record of an attempt that ends now."""
    calls = attempt.account.calls.since(attempt.calls_before)
    landed, window = attempt.landed, attempt.window
    operations = called(calls)
    return Run(
        run_id=uuid4().hex,
        scope=attempt.scope,
        started_at=attempt.begun,
        finished_at=job.clock(),
        window_from=None if window is None else window.start,
        window_to=None if window is None else window.end,
        status=status,
        rows_read=landed.rows_read + attempt.skipped,
        rows_new=landed.rows_new,
        rows_changed=landed.rows_changed,
        duplicates=landed.duplicates,
        skipped=sum(landed.skipped.values()) + attempt.skipped,
        rejects=sum(landed.rejects.values()),
        api_calls=calls.api_calls,
        throttles=calls.throttles,
        bytes=calls.bytes,
        charged_usd=charged(operations),
        slowed_to_s=job.brake.slowed_to_s(attempt.scope.source),
        called=operations,
    )
