"""One pass: for every account, source and scope a window is read and landed; then build, check, publish, status.json.

A source that fails is recorded with its remedy and keeps its cursor; the others go on. Accounts and regions are read
side by side, the sources of one after the other, because they share its quotas.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from collectors.aws import UNKNOWN_ACCOUNT, Account, CallCount
from collectors.budget import Brake, brake
from collectors.charges import called, charged
from collectors.doctor.examine import examine_daily
from collectors.errors import BadSetting, CallUnknown, CollectorError, NotSetUp, Stopped, defect
from collectors.landing import Landing
from collectors.settings import Settings
from collectors.source import Reading, Source, sources
from collectors.stop import Stop, Stoppable
from collectors.window import Pace, Window, asked_window, held_back, is_due, next_window, reached
from sql.errors import LedgerError
from sql.warehouse import CheckResult, Cursor, Landed, Run, Scope, Warehouse

OK, FAILED, NOT_SET_UP, STOPPED = "ok", "failed", "not_set_up", "stopped"


class Watch(Protocol):
    """Who is told how a pass goes on."""

    def begin(self, scope: Scope, window: Window) -> None:
        """A scope is being read."""

    def end(self, run: Run) -> None:
        """A scope is done, or has failed."""

    def note(self, text: str) -> None:
        """A step that is no scope."""

    def slowed(self, brake: Brake) -> None:
        """The budget slows paid sources in this pass."""


@dataclass(frozen=True)
class Asked:
    """What the caller asks for: some sources only, another window. Empty and None mean as usual."""

    only: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Place:
    """An account in one region, and whether it is the first region of the account, and the first place of all."""

    account: Account
    first_of_account: bool = True
    first_of_all: bool = True

    def reads(self, source: Source) -> bool:
        """Whether the source is read here; what is the same in every region is read once."""
        return {"region": True, "account": self.first_of_account, "ledger": self.first_of_all}[source.reach]


@dataclass(frozen=True)
class Job:
    """Everything that one pass over the sources needs. `parallel`: how many places are read at once.

    `clock` dates the runs; `horizon` is how far the account's records can reach: the same, except for the example
    account. Both give naive UTC. `stop` ends the pass early; `brake` is what the budget does, set by `run`.
    """

    warehouse: Warehouse
    places: tuple[Place, ...]
    settings: Settings
    clock: Callable[[], datetime]
    horizon: Callable[[], datetime]
    watch: Watch
    asked: Asked = Asked()
    stop: Stop = field(default_factory=Stop)
    brake: Brake = field(default_factory=Brake)


@dataclass
class Outcome:
    """What a pass came to."""

    runs: list[Run] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    published: Path | None = None
    stopped: bool = False
    brake: Brake = field(default_factory=Brake)

    @property
    def blockers(self) -> list[CheckResult]:
        """The checks that stopped publishing."""
        return [check for check in self.checks if check.severity == "fail"]

    @property
    def failed(self) -> list[Run]:
        """The scopes that could not be read."""
        return [run for run in self.runs if run.status == FAILED]

    @property
    def exit_code(self) -> int:
        """0 when everything was read and published, else 1."""
        return 1 if self.failed or self.blockers else 0


def run(job: Job) -> Outcome:
    """One whole pass; one that is stopped lands what it has and builds nothing. status.json is written however it ends.

    Raises sql.errors.LedgerError.
    """
    job.warehouse.configure(job.settings.tables, job.clock())
    job = braked(job)
    outcome = Outcome(brake=job.brake)
    try:
        outcome.runs = run_places(job)
        outcome.stopped = job.stop.asked
        if not outcome.stopped:
            _publish(job, outcome)
    finally:
        said = {"stopped": outcome.stopped, "budget": job.brake.as_json()}
        job.warehouse.write_status(job.clock(), outcome.published, said)
    return outcome


def braked(job: Job) -> Job:
    """The same with what the budget does now."""
    now = job.clock()
    job = replace(job, brake=brake(job.settings.budget_usd, job.warehouse.spent(now), now))
    if job.brake.rhythm is not None:
        job.watch.slowed(job.brake)
    return job


def _publish(job: Job, outcome: Outcome) -> None:
    """Build, check and publish what has landed."""
    job.warehouse.land_journal()
    job.watch.note("building")
    job.warehouse.build(job.horizon())
    outcome.checks = job.warehouse.check()
    if job.asked == Asked():
        accounts = [Stoppable(place.account, job.stop) for place in job.places]
        examine_daily(job.warehouse, accounts, job.settings, job.clock())
    outcome.published = job.warehouse.publish(job.clock())


def run_places(job: Job) -> list[Run]:
    """Every source in every place, as many places at once as the settings allow; the order of the runs is fixed."""
    job = replace(job, places=tuple(replace(each, account=Stoppable(each.account, job.stop)) for each in job.places))
    if len(job.places) == 1:
        return run_place(job, job.places[0])
    with ThreadPoolExecutor(max_workers=job.settings.parallel, thread_name_prefix="place") as pool:
        return [run for runs in pool.map(lambda place: run_place(job, place), job.places) for run in runs]


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


@dataclass
class Attempt:
    """One try at one scope, from its beginning: what a run record is made of."""

    account: Account
    scope: Scope
    begun: datetime
    calls_before: CallCount
    window: Window | None = None
    landed: Landed = field(default_factory=Landed)
    skipped: int = 0


def run_source(job: Job, source: Source, account: Account) -> list[Run]:
    """Every scope of one source in one account and region."""
    begun, before = job.clock(), account.calls.copy()
    try:
        scopes = source.scopes(account, job.settings.source(source.key))
    except (LedgerError, BadSetting):
        raise
    except Stopped:
        return []
    except Exception as error:  # one source never stops the others
        return [_give_up(job, Attempt(account, nowhere(account, source.key), begun, before), error)]
    looking = called(account.calls.since(before))
    job.warehouse.count_calls(scopes[0] if scopes else nowhere(account, source.key), looking, job.clock())
    runs = (run_scope(job, source, account, scope) for scope in scopes)
    return [each for each in runs if each is not None]


def run_scope(job: Job, source: Source, account: Account, scope: Scope) -> Run | None:
    """One window of one scope, or None when no time has passed since the last, or the process is to end."""
    if job.stop.asked:
        return None
    attempt = Attempt(account, scope, job.clock(), account.calls.copy())
    cursor = job.warehouse.cursor(scope)
    window = attempt.window = window_of(job, source, cursor)
    if window is None:
        return None
    job.watch.begin(scope, window)
    with Landing(job.warehouse, source.feeds, scope) as landing:
        try:
            source.collect(Reading(account, scope, window, landing, job.settings.source(source.key)))
            before = None if cursor is None else cursor.reached_at
            at = held_back(reached(window, before), landing.unfinished, pace_of(job, source).overlap)
            return _finish(job, attempt, landing, at)
        except (LedgerError, BadSetting):
            raise
        except Exception as error:  # one source never stops the others
            landing.give_up()
            attempt.landed, attempt.skipped = landing.landed, landing.skipped.total()
            return _give_up(job, attempt, error)


def window_of(job: Job, source: Source, cursor: Cursor | None) -> Window | None:
    """The window to read: the usual one, or what was asked for."""
    pace = pace_of(job, source)
    reached_at, late = (None, None) if cursor is None else (cursor.reached_at, cursor.late_p999_ms)
    usual = next_window(job.horizon(), reached_at, late, pace)
    if job.asked.since is None and job.asked.until is None:
        held = job.brake.holds(source.key, reached_at, job.horizon())
        return usual if is_due(job.horizon(), reached_at, pace) and not held else None
    return asked_window(job.asked.since, job.asked.until, usual, pace)


def pace_of(job: Job, source: Source) -> Pace:
    """How the source is read, with the owner's settings."""
    return source.pace(job.settings.source(source.key).overlap, job.settings.first)


def nowhere(account: Account, key: str) -> Scope:
    """Where a source stands that has no scopes, even when AWS does not say who we are."""
    try:
        return Scope(key, account.account_id, account.region)
    except BadSetting:
        raise
    except CollectorError:
        return Scope(key, UNKNOWN_ACCOUNT, account.region)


def _finish(job: Job, attempt: Attempt, landing: Landing, reached_at: datetime) -> Run:
    """Land the last batch, move the cursor and write the run, all in one transaction."""
    with job.warehouse.transaction():
        landing.finish()
        attempt.landed, attempt.skipped = landing.landed, landing.skipped.total()
        job.warehouse.set_cursor(Cursor(attempt.scope, reached_at, attempt.landed.last_at, attempt.landed.late_p999_ms))
        done = _book(job, attempt, OK)
        job.warehouse.record_run(done)
    job.watch.end(done)
    return done


def _give_up(job: Job, attempt: Attempt, error: Exception) -> Run:
    """Write why a scope could not be read; its cursor stays."""
    known = error if isinstance(error, CollectorError) else defect(error)
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
