"""After an outage: what lies between the cursor and the newest records is read in parts, the oldest first.

The newest was read before, so nobody waits for it. Every scope gets at least one part a pass, and more while the pass
has not spent its share of time on the past. The cursor passes a gap only when all of it has been read.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from collectors.attempt import begin, read_window
from collectors.job import OK, Job, Place
from collectors.source import sources
from collectors.window import Window, deepened, front, missing, parts_of
from sql.warehouse import Run, Scope

SHARE = timedelta(minutes=5)


def catch_up(job: Job, place: Place, newest: list[Run]) -> list[Run]:
    """Read parts of the gaps of the scopes whose newest window has just been read."""
    waiting = deque((run.scope, gap) for run in newest if run.status == OK and (gap := parts_left(job, run.scope)))
    begun, runs, had = job.clock(), list[Run](), set[Scope]()
    while waiting and not job.stop.asked:
        scope, parts = waiting.popleft()
        if scope in had and job.clock() - begun >= SHARE:
            continue
        had.add(scope)
        runs.append(read_window(job, sources()[scope.source], begin(job, place.account, scope), parts[0], usual=False))
        if runs[-1].status == OK and parts[1:]:
            waiting.append((scope, parts[1:]))
    return runs


def parts_left(job: Job, scope: Scope) -> list[Window]:
    """What is missing between the cursor and the newest that has been read; the first part has the usual overlap."""
    source, cursor = sources()[scope.source], job.warehouse.cursor(scope)
    if source.longest is None or cursor is None or job.brake.slowed_to_s(source.key) is not None:
        return []
    read, before, pace = job.read(scope), cursor.reached_at, job.pace(source)
    newest = front(before, read) or before
    parts = parts_of(missing(Window(before, newest), read), source.longest) if before < newest else []
    first = [deepened(each, each.start, pace.overlap, pace) or each for each in parts[:1] if each.start == before]
    return [*first, *parts[len(first) :]]
