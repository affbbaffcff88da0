"""The lock of a home: one process writes, also while it moves whole files and no DuckDB file is open.

The operating system holds it on an open file, so a process that is killed gives it up. The file itself stays
and means nothing.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from sql import holder
from sql.errors import HomeNotWritable, LedgerLocked

FILE = "warehouse.lock"


class HomeLock:
    """A lock that is held from its making until `release`. Raises LedgerLocked, HomeNotWritable."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._file = _opened(home)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = _pid(self._file)
            os.close(self._file)
            raise locked(home, pid) from error
        self._say_who()

    def release(self) -> None:
        """Let others write. May be called again."""
        if self._file >= 0:
            holder.remove(self.home)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> HomeLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _say_who(self) -> None:
        """Who holds it; a full disk is no reason not to."""
        holder.write(self.home)
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except OSError:
            return


def locked(home: Path, pid: int | None) -> LedgerLocked:
    """The error of the one who comes second; `pid` is the process that holds the lock, where that is known."""
    return LedgerLocked(
        f"{home / 'warehouse.duckdb'} is being written by {holder.who(home, pid)}.",
        "Wait until that collector has finished, then run again.",
        retry_helps=True,
    )


def _opened(home: Path) -> int:
    try:
        return os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise HomeNotWritable(
            f"{home / FILE} cannot be opened for writing ({error.strerror or error}).",
            "Give this user the right to read and write it, or set LEDGER_HOME to another folder.",
        ) from error


def _pid(file: int) -> int | None:
    text = os.pread(file, 20, 0)
    return int(text) if text.isdigit() else None
