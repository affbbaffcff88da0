"""`run --then`: a command of its own process after a pass that published, such as bringing insights up to date.

The collectors know nothing of what it does; it finds the published file and a warehouse that is closed.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any, TextIO

from collectors.stop import Stop

LONGEST_S = 1800.0
KEPT = 2000  # characters of what it printed
_LOOK_S = 0.1
_GRACE_S = 10.0


@dataclass(frozen=True)
class FollowUp:
    """What became of the command: its exit code (None: it could not be started, or was ended) and its last words.

    `stopped`: it was ended because the collector was asked to stop, which is no failure.
    """

    command: str
    code: int | None
    seconds: float
    said: str
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return self.code == 0 or self.stopped

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {"command": self.command, "ok": self.ok, "code": self.code, "seconds": self.seconds, "said": self.said}


def follow_up(command: str, stop: Stop, longest: float = LONGEST_S) -> FollowUp:
    """Run the command and wait for it. The word `python` is this Python, whatever PATH says.

    It is ended where the collector is asked to stop, and after half an hour.
    """
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
        try:
            words = [sys.executable if word == "python" else word for word in shlex.split(command)]
            child = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603 - the owner's own command
        except (OSError, ValueError) as error:
            return FollowUp(command, None, 0.0, f"It could not be started: {error}")
        ended = _wait(child, stop, begun + longest)
        said = f"{_last_words(out)}{ended}".strip()
    seconds = round(time.monotonic() - begun, 3)
    return FollowUp(command, None if ended else child.returncode, seconds, said, bool(ended) and stop.asked)


def _wait(child: subprocess.Popen[bytes], stop: Stop, until: float) -> str:
    """Wait until it ends; where it was ended, why."""
    while child.poll() is None:
        if stop.asked or time.monotonic() > until:
            _end(child)
            return "\nThe collector was asked to stop." if stop.asked else "\nIt took too long and was ended."
        time.sleep(_LOOK_S)
    return ""


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _last_words(out: TextIO) -> str:
    out.flush()
    out.seek(0)
    return out.read()[-KEPT:]
