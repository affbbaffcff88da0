"""The command line in a process of its own that is killed: at a moment from outside, or at one of its own steps.

A step is an SQL statement, or a file that is opened for writing, renamed, linked or removed: between two steps the
files of a home change only by what DuckDB itself writes. A kill from outside hits what lies within a step.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

FILE_EVENTS = frozenset({"os.rename", "os.remove", "os.link", "os.truncate", "shutil.copyfile", "shutil.move"})
# A thousand of them describe an empty file one after the other: one step.
SAME_STEP = ("COMMENT ON",)
WRITING = os.O_WRONLY | os.O_RDWR
PATIENCE = 300  # seconds until a process that does not end is a failure


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: the signal), how many steps it made, and for how long it ran."""

    code: int
    steps: int
    seconds: float
    said: str

    @property
    def killed(self) -> bool:
        """Whether it was killed before it could end by itself."""
        return self.code == -signal.SIGKILL


@dataclass(frozen=True)
class Death:
    """When to die: at a step, counted from 1, or so many seconds after the command began. Neither: live on.

    `since`: steps count from the first statement that holds this text.
    """

    step: int | None = None
    after_s: float | None = None
    since: str = ""


UNDISTURBED = Death()
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.proof.killed", "collectors.__main__"])


def run(arguments: tuple[str, ...], environment: dict[str, str], log: Path, death: Death = UNDISTURBED) -> Ended:
    """`python -m collectors <arguments>` until it ends or dies."""
    ours, theirs = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_child, args=(arguments, environment, log, death, theirs))
    process.start()
    theirs.close()
    ours.recv()
    began = time.monotonic()
    process.join(PATIENCE if death.after_s is None else death.after_s)
    if process.is_alive():
        process.kill()
        process.join(PATIENCE)
    steps = _last(ours)
    code = process.exitcode
    assert code is not None, f"{arguments} does not end"
    return Ended(code, steps, time.monotonic() - began, log.read_text())


def _last(pipe: Connection) -> int:
    """The number of steps that the child told at its end; 0 from one that was killed."""
    try:
        return int(pipe.recv()) if pipe.poll() else 0
    except EOFError:
        return 0


def _child(arguments: tuple[str, ...], environment: dict[str, str], log: Path, death: Death, pipe: Connection) -> None:
    """What the process does."""
    from collectors.__main__ import main

    os.environ.clear()
    os.environ.update(environment)
    with log.open("w", buffering=1) as said:
        sys.stdout = sys.stderr = said
        steps = _Steps(death)
        pipe.send(0)
        code = main(list(arguments))
    pipe.send(steps.made)
    sys.exit(code)


class _Steps:
    """Counts the steps of this process and kills it before the chosen one."""

    def __init__(self, death: Death) -> None:
        import duckdb

        self.made = 0
        self._dies_at = death.step
        self._since = death.since
        execute = duckdb.DuckDBPyConnection.execute

        def counted(con: Any, *given: Any, **named: Any) -> Any:
            statement = str(given[0])
            if self._since and self._since in statement:
                self._since = ""
            if not statement.startswith(SAME_STEP):
                self._one_more()
            return execute(con, *given, **named)

        duckdb.DuckDBPyConnection.execute = counted  # type: ignore[method-assign]
        sys.addaudithook(self._heard)

    def _heard(self, event: str, given: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS or (event == "open" and isinstance(given[2], int) and given[2] & WRITING):
            self._one_more()

    def _one_more(self) -> None:
        if self._since:
            return
        self.made += 1
        if self.made == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
