"""Reading a past range, for the first time or again, in parts, however often it is killed in between.

What of a range has been read is data, committed with the rows of each part, whoever read it: a backfill reads what was
asked for less what has been read. So it resumes by being run again, and a finished range reads nothing.

The newest parts come first, of all sources side by side: days join what is there already without a hole, and a day's
numbers need spans, calls and outcomes together. While it goes on, a usual pass is made every quarter of an hour: no
other collector can write meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock

from collectors.attempt import Attempt, begin, read_window
from collectors.errors import AccessDenied, AwsRefused, CollectorError, NotFound
from collectors.job import NOT_SET_UP, OK, STOPPED, Asked, Job, Outcome, Place
from collectors.planning import Part, Wanted, close, plan
from collectors.progress import Progress
from collectors.run import chosen, in_places, publish, run, stoppable
from sql.published import newest_version
from sql.ranges import Refusal
from sql.warehouse import Run

ROUND = timedelta(minutes=15)
TOLD_EVERY = timedelta(seconds=10)


def backfill(job: Job, wanted: Wanted) -> Outcome:
    """Read the range, then build, check and publish; one that is stopped builds nothing. Raises LedgerError."""
    job.warehouse.configure(job.settings.tables, job.clock())
    job = stoppable(job).braked()
    if job.brake.rhythm is not None:
        job.watch.slowed(job.brake)
    outcome = Outcome(brake=job.brake)
    try:
        _read(job, wanted, outcome)
        outcome.stopped = job.stop.asked
        if not outcome.stopped:
            publish(job, outcome)
    finally:
        said = {"stopped": outcome.stopped, "budget": outcome.brake.as_json()}
        job.warehouse.write_status(job.clock(), outcome.published, said)
    return outcome


def _read(job: Job, wanted: Wanted, outcome: Outcome) -> None:
    """Plan, then read in rounds, with a usual pass between two of them."""
    _say_beforehand(job, wanted, outcome)
    plans = in_places(job, lambda place: plan(job, place, wanted, outcome))
    work = Work(job, outcome, Progress(job.clock()), job.clock())
    for part in (part for parts in plans for part in parts):
        work.progress.plan(part.length)
    if not any(plans) and not job.stop.asked:
        outcome.tell(job.watch, "done", "everything of the range that can be read has been read before")
    left = dict(zip(job.places, plans, strict=True))
    while any(left.values()) and not job.stop.asked:
        work.until = job.clock() + ROUND
        in_places(job, lambda place: work.read_some(place, left[place]))
        if any(left.values()) and not job.stop.asked:
            _usual_pass(job, outcome)


def _say_beforehand(job: Job, wanted: Wanted, outcome: Outcome) -> None:
    """What of the request cannot be."""
    if wanted.until > job.horizon():
        outcome.tell(job.watch, "cut", f"--to {wanted.until:%Y-%m-%d %H:%M} is in the future: the range ends now (UTC)")
    timeless = [source.key for source in chosen(job) if source.longest is None]
    if timeless:
        text = f"{', '.join(timeless)}: they have no past to read; every usual pass reads what there is"
        outcome.tell(job.watch, "left", text)


def _usual_pass(job: Job, outcome: Outcome) -> None:
    """Read the newest of everything and publish, so that nothing waits for the past."""
    passed = run(replace(job, asked=Asked()))
    outcome.runs += passed.runs


@dataclass
class Work:
    """Reads parts, place by place, and keeps count of how far all of it is. `until`: when the round ends."""

    job: Job
    outcome: Outcome
    progress: Progress
    until: datetime
    told_at: datetime | None = None
    lock: RLock = field(default_factory=RLock)

    def read_some(self, place: Place, parts: list[Part]) -> None:
        """Read parts of one place until they are read or it is time for something else."""
        while parts and not self.job.stop.asked and self.job.clock() < self.until:
            if self._waits_for_budget(parts[0]):
                self._wait(parts)
            else:
                self._read_part(place, parts)

    def _read_part(self, place: Place, parts: list[Part]) -> None:
        part = parts.pop(0)
        attempt = begin(self.job, place.account, part.scope)
        done = read_window(self.job, part.source, attempt, part.window, usual=False)
        if done.status == STOPPED:
            parts.insert(0, part)
        elif done.status == OK:
            self._count(part, done)
        else:
            self._give_up(attempt, done, [part, *_taken(parts, part)])

    def _count(self, part: Part, done: Run) -> None:
        """One part has been read: say how far that is, in status.json too, but not too often."""
        with self.lock:
            self.outcome.runs.append(done)
            self.progress.finish(part.length, done.rows_read, self.job.clock())
            self.job.watch.advanced(self.progress)
            if done.charged_usd:
                self.job = self.job.braked()
                self.outcome.brake = self.job.brake
            if self.told_at is None or self.job.clock() - self.told_at >= TOLD_EVERY:
                self.told_at = self.job.clock()
                self._write_status()

    def _write_status(self) -> None:
        version = newest_version(self.job.warehouse.home)
        published = None if version is None else Path(f"kpis-{version}.duckdb")
        said = {"stopped": False, "budget": self.job.brake.as_json(), "backfill": self.progress.as_json()}
        with self.job.warehouse.transaction():  # no other thread is half way through one
            self.job.warehouse.write_status(self.job.clock(), published, said)

    def _waits_for_budget(self, part: Part) -> bool:
        return self.job.brake.slowed_to_s(part.source.key) is not None

    def _wait(self, parts: list[Part]) -> None:
        """The budget holds a paid source back: its parts stay asked for."""
        first = parts.pop(0)
        held = [first, *(part for part in parts if part.source is first.source)]
        parts[:] = [part for part in parts if part.source is not first.source]
        self._drop(held)
        text = f"{first.source.key}: {len(held)} parts wait for the budget; raise it, or run this again next month"
        self.outcome.tell(self.job.watch, "waits", text)

    def _give_up(self, attempt: Attempt, done: Run, rest: list[Part]) -> None:
        """Part of a scope could not be read: close the scope if AWS will not change its mind, else leave it open."""
        scope, windows = rest[0].scope, [part.window for part in rest]
        with self.lock:
            self._drop(rest)
            before = self.job.warehouse.ranges.refusal(scope)
            if done.status == NOT_SET_UP:
                self._note_empty(rest)
            elif attempt.error is not None and is_final(attempt.error):
                why = Refusal(attempt.error.code, attempt.error.message, attempt.error.remedy)
                close(self.job, scope, windows, why)
                if before is not None and before.error_code == why.error_code:
                    text = f"{scope.source} {scope.name}: refused as before, so it does not count as failed"
                    self.outcome.tell(self.job.watch, "known", text)
                    return
            else:
                text = f"{scope.source} {scope.name}: {len(rest)} parts are left; run the same backfill again"
                self.outcome.tell(self.job.watch, "open", text)
            self.outcome.runs.append(done)

    def _note_empty(self, rest: list[Part]) -> None:
        """The account does not have this: there is nothing to read, now or later."""
        with self.job.warehouse.transaction():
            for part in rest:
                self.job.warehouse.ranges.add(part.scope, "read", part.window.start, part.window.end)

    def _drop(self, parts: list[Part]) -> None:
        with self.lock:
            for part in parts:
                self.progress.drop(part.length)


def _taken(parts: list[Part], like: Part) -> list[Part]:
    """The other parts of the same scope, taken out of the list."""
    same = [part for part in parts if part.scope == like.scope]
    parts[:] = [part for part in parts if part.scope != like.scope]
    return same


def is_final(error: CollectorError) -> bool:
    """Whether AWS refuses this scope until somebody changes something: other scopes may still be read."""
    return isinstance(error, AccessDenied | NotFound) or (isinstance(error, AwsRefused) and not error.retry_helps)
