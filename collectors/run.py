"""One pass: for every account, source and scope a window is read and landed; then build, check, publish, status.json.

A source that fails is recorded with its remedy and keeps its cursor; the others go on. Accounts and regions are read
side by side, the sources of one after the other, because they share its quotas. What an outage left unread is caught up
on after the newest of everything has been read.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from collectors.attempt import begin, give_up, read_window
from collectors.aws import UNKNOWN_ACCOUNT, Account
from collectors.catchup import catch_up
from collectors.charges import called
from collectors.doctor.examine import examine_daily
from collectors.errors import BadSetting, CollectorError, Stopped
from collectors.job import Asked, Job, Outcome, Place
from collectors.once import Remembering
from collectors.settings import Settings
from collectors.source import Source, sources
from collectors.stop import Stoppable
from collectors.window import Window, asked_window, deepened, front, is_due, next_window
from sql.errors import LedgerError
from sql.retention import Kept
from sql.warehouse import Cursor, Run, Scope

__all__ = [
    "Asked",
    "Job",
    "Outcome",
    "Place",
    "chosen",
    "find_scopes",
    "in_places",
    "nowhere",
    "publish",
    "run",
    "run_places",
    "stoppable",
    "switched_on",
]
DEEP_EVERY = timedelta(days=7)
T = TypeVar("T")


def run(job: Job) -> Outcome:
    """One whole pass; one that is stopped lands what it has and builds nothing. status.json is written however it ends.

    Raises sql.errors.LedgerError.
    """
    job.warehouse.configure(job.settings.tables, job.clock())
    job = job.braked()
    if job.brake.rhythm is not None:
        job.watch.slowed(job.brake)
    outcome = Outcome(brake=job.brake)
    try:
        outcome.runs = run_places(job)
        outcome.stopped = job.stop.asked
        if not outcome.stopped:
            publish(job, outcome)
    finally:
        said = {"stopped": outcome.stopped, "budget": job.brake.as_json()}
        job.warehouse.write_status(job.clock(), outcome.published, said)
    return outcome


def publish(job: Job, outcome: Outcome) -> None:
    """Build, check and publish what has landed."""
    job.warehouse.land_journal(job.settings.entered)
    job.watch.note("building")
    job.warehouse.build(job.horizon())
    outcome.checks = job.warehouse.check()
    if job.asked == Asked():
        accounts = [Stoppable(place.account, job.stop) for place in job.places]
        examine_daily(job.warehouse, accounts, job.settings, job.clock())
    kept = Kept() if outcome.blockers else job.warehouse.keep(job.settings.retention, job.horizon())
    outcome.published = job.warehouse.publish(job.clock())
    if kept.rows and job.warehouse.compact_if_worthwhile():
        job.watch.note("compacted")


def run_places(job: Job) -> list[Run]:
    """The newest of every source in every place, then what an outage left unread; the order of the runs is fixed."""
    job = stoppable(job)
    newest = dict(zip(job.places, in_places(job, lambda place: run_place(job, place)), strict=True))
    late = in_places(job, lambda place: catch_up(job, place, newest[place])) if is_usual(job) else []
    return [run for runs in (*newest.values(), *late) for run in runs]


def is_usual(job: Job) -> bool:
    """Whether the pass reads what is new, and not a window that was asked for."""
    return job.asked.since is None and job.asked.until is None


def stoppable(job: Job) -> Job:
    """The same with accounts that ask for no further page once the process is to end, and for nothing twice."""
    places = (replace(each, account=Remembering(Stoppable(each.account, job.stop))) for each in job.places)
    return replace(job, places=tuple(places))


def in_places(job: Job, work: Callable[[Place], T]) -> list[T]:
    """The same work in every place, as many at once as the settings allow."""
    if len(job.places) == 1:
        return [work(job.places[0])]
    with ThreadPoolExecutor(max_workers=job.settings.parallel, thread_name_prefix="place") as pool:
        return list(pool.map(work, job.places))


def run_place(job: Job, place: Place) -> list[Run]:
    """Every source of one account in one region."""
    return [run for source in chosen(job) if place.reads(source) for run in run_source(job, source, place.account)]


def chosen(job: Job) -> list[Source]:
    """The sources to read: those asked for, else those switched on."""
    if job.asked.only:
        return [source for key, source in sources().items() if key in job.asked.only]
    return [source for source in sources().values() if switched_on(job.settings, source)]


def switched_on(settings: Settings, source: Source) -> bool:
    """What ledger.toml says, else the source's own default."""
    return settings.sources[source.key].enabled if source.key in settings.sources else source.enabled


def run_source(job: Job, source: Source, account: Account) -> list[Run]:
    """Every scope of one source in one account and region."""
    scopes, failed = find_scopes(job, source, account)
    runs = (run_scope(job, source, account, scope) for scope in scopes)
    return [failed] if failed is not None else [each for each in runs if each is not None]


def find_scopes(job: Job, source: Source, account: Account) -> tuple[list[Scope], Run | None]:
    """What there is to read of a source, or how looking for it failed; neither when the process is to end."""
    attempt = begin(job, account, Scope(source.key, "", ""))
    try:
        scopes = source.scopes(account, job.settings.source(source.key))
    except (LedgerError, BadSetting):
        raise
    except Stopped:
        return [], None
    except Exception as error:  # one source never stops the others
        return [], give_up(job, replace(attempt, scope=nowhere(account, source.key)), error)
    looking = called(account.calls.since(attempt.calls_before))
    job.warehouse.count_calls(scopes[0] if scopes else nowhere(account, source.key), looking, job.clock())
    return scopes, None


def run_scope(job: Job, source: Source, account: Account, scope: Scope) -> Run | None:
    """One window of one scope, or None when no time has passed since the last, or the process is to end."""
    if job.stop.asked:
        return None
    window = window_of(job, source, job.warehouse.cursor(scope), job.read(scope))
    if window is None:
        return None
    return read_window(job, source, begin(job, account, scope), window, usual=True)


def window_of(job: Job, source: Source, cursor: Cursor | None, read: list[Window]) -> Window | None:
    """The window to read: the usual one after the newest that has been read, or what was asked for."""
    pace, now = job.pace(source), job.horizon()
    newest = front(None if cursor is None else cursor.reached_at, read)
    usual = next_window(now, newest, None if cursor is None else cursor.late_p999_ms, pace)
    if not is_usual(job):
        return asked_window(job.asked.since, job.asked.until, usual, pace)
    if not is_due(now, newest, pace) or job.brake.holds(source.key, newest, now):
        return None
    return usual if source.deep is None or not is_deep(cursor, newest, now) else deepened(usual, now, source.deep, pace)


def is_deep(cursor: Cursor | None, newest: datetime | None, now: datetime) -> bool:
    """Whether it is time to look far back for late records; where a gap is open, that waits."""
    if cursor is None or cursor.reached_at != newest:
        return False
    return cursor.deep_read_at is None or now - cursor.deep_read_at >= DEEP_EVERY


def nowhere(account: Account, key: str) -> Scope:
    """Where a source stands that has no scopes, even when AWS does not say who we are."""
    try:
        return Scope(key, account.account_id, account.region)
    except BadSetting:
        raise
    except CollectorError:
        return Scope(key, UNKNOWN_ACCOUNT, account.region)
