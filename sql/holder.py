"""Who is writing a home: a small file beside the warehouse, for the message of the one who came second.

It decides nothing: the lock does (sql/lock.py). One that a killed process left behind is seen through, or says so.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE = "writer.json"


@dataclass(frozen=True)
class Holder:
    """A process that writes. `since` is UTC, ISO 8601."""

    pid: int
    host: str
    command: str
    since: str

    @property
    def text(self) -> str:
        """In words."""
        return f"process {self.pid} on {self.host} ({self.command}), since {self.since[:16].replace('T', ' ')} UTC"


def this_process() -> Holder:
    """Who we are."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return Holder(os.getpid(), socket.gethostname(), _command(sys.argv), now)


def write(home: Path) -> None:
    """Say that this process writes. A file that cannot be written is no reason to stop."""
    temporary = home / f"{FILE}.new"
    with suppress(OSError):
        temporary.write_text(json.dumps(asdict(this_process())), encoding="utf-8")
        temporary.replace(home / FILE)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


def remove(home: Path) -> None:
    """Say that nobody writes. Call before the lock is given up."""
    with suppress(OSError):
        (home / FILE).unlink(missing_ok=True)


def read(home: Path) -> Holder | None:
    """What the file says, or None."""
    try:
        said = json.loads((home / FILE).read_text(encoding="utf-8"))
        return Holder(int(said["pid"]), str(said["host"]), str(said["command"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def who(home: Path, pid: int | None) -> str:
    """Who holds the lock, in words; `pid` is the process that DuckDB names, which it can on the same machine only."""
    said = read(home)
    if said is not None and _still(said, pid):
        return said.text
    return "another process" if pid is None else f"process {pid}"


def _still(said: Holder, pid: int | None) -> bool:
    """Whether the file can be about the present writer; one of another machine cannot be looked up."""
    if pid is not None:
        return said.pid == pid
    return said.host != socket.gethostname() or alive(said.pid)


def alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it runs, but is not ours to signal
        return True
    return True


def _command(arguments: list[str]) -> str:
    """The command line as people type it, at most 200 characters."""
    program = Path(arguments[0]) if arguments and arguments[0] else Path("python")
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name
    return " ".join([name, *arguments[1:]])[:200]
