"""`run --every`: one pass after the other, never two at once, and less often while everything fails."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from datetime import timedelta

from collectors.stop import Stop

JITTER = 0.1
LONGEST_PAUSE = timedelta(hours=1)


def repeat(
    once: Callable[[], bool], every: timedelta, stop: Stop, clock: Callable[[], float] = time.monotonic, seed: str = ""
) -> None:
    """Call `once` until `stop` is asked for. It tells whether anything could be read.

    A pass begins `every` after the one before began (±10 %, drawn by the host's name so that a fleet spreads), or at
    once when that one took longer. While everything fails the pause doubles, up to an hour.
    """
    draw = random.Random(seed or socket.gethostname())  # noqa: S311 - spreads load, keeps no secret
    failures = 0
    while not stop.asked:
        begun = clock()
        failures = 0 if once() else failures + 1
        stop.wait(max(0.0, begun + pause(every, failures, draw.uniform(-JITTER, JITTER)) - clock()))


def pause(every: timedelta, failures: int, jitter: float) -> float:
    """Seconds from the beginning of a pass to that of the next, after so many passes in which everything failed."""
    doubled = every.total_seconds() * 2.0 ** min(failures, 20)
    return max(every.total_seconds(), min(doubled, LONGEST_PAUSE.total_seconds())) * (1 + jitter)
