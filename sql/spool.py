"""A short-lived file of record lines between a network and DuckDB.

It lies in memory-backed space where there is any, else in an owner-only temporary folder, because records may hold
text that must never reach a disk; it is removed on exit.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from json.encoder import encode_basestring_ascii as _quoted
from operator import sub
from pathlib import Path
from types import TracebackType

MEMORY = Path("/dev/shm")  # noqa: S108 - memory-backed; the folder made in it is owner-only
# A batch and as much again: a container often has 64 MB of such space, in which a batch would break off.
ROOM_BYTES = 400_000_000
WRITTEN_TOGETHER = 64
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC everywhere

# The text, which starts with `{`; when it happened and when it was taken in, epoch ms; the id of its event.
Record = tuple[str, int | None, int | None, str]


def _folder() -> Path:
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="agent-ledger-", dir=str(MEMORY) if usable else None))


@dataclass(frozen=True)
class Times:
    """Of spooled records: the first and the last, naive UTC, and the lateness that one in a thousand exceeds, in ms."""

    first: datetime
    last: datetime
    late_p999_ms: float


class Spool:
    """Envelopes, one a line: {"t": ms, "i": ms, "e": event id, "g": group, "m": record}. See docs/architecture.md."""

    def __init__(self) -> None:
        self._dir = _folder()
        self.path = self._dir / "records.ndjson"
        self._file = self.path.open("wb")
        self._lines: list[str] = []
        self._groups: dict[str, str] = {}  # quoted: thousands of records share one
        self._at_ms: list[int] = []
        self._ingested_ms: list[int] = []  # of the same records: those that have both times
        self.events = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, record: str, *, at_ms: int | None, ingested_ms: int | None, event_id: str, group: str) -> None:
        """Add one record."""
        self.extend(((record, at_ms, ingested_ms, event_id),), group)

    def extend(self, records: Iterable[Record], group: str) -> None:
        """Add records, a page at a time where speed matters. Line breaks between the tokens of a text become blanks.

        Half a pair of surrogates, which a text has that was cut in an emoji, becomes a question mark: no file can hold
        it.
        """
        place = self._groups.get(group) or self._groups.setdefault(group, _quoted(group))
        lines = self._lines
        for text, at_ms, ingested_ms, event_id in records:
            if "\n" in text or "\r" in text:
                text = text.replace("\r", " ").replace("\n", " ")
            t, i = "null" if at_ms is None else at_ms, "null" if ingested_ms is None else ingested_ms
            lines.append(f'{{"t":{t},"i":{i},"e":{_quoted(event_id)},"g":{place},"m":{text}}}\n')
            if at_ms is not None and ingested_ms is not None:
                self._at_ms.append(at_ms)
                self._ingested_ms.append(ingested_ms)
            self.events += 1
            if len(lines) == WRITTEN_TOGETHER:
                self._write()

    def times(self) -> Times | None:
        """What the times of the records are; None where one of them lacks one."""
        if len(self._at_ms) < max(self.events, 1):
            return None
        late = sorted(map(sub, self._ingested_ms, self._at_ms))
        exceeded = late[math.ceil(0.999 * len(late)) - 1]
        return Times(_moment(min(self._at_ms)), _moment(max(self._at_ms)), max(0, exceeded))

    def flush(self) -> Path:
        """Make everything added so far readable at the returned path."""
        self._write()
        self._file.truncate()
        return self.path

    def clear(self) -> None:
        """Empty the spool for the next batch. The space stays until `flush`: writing over it is cheaper."""
        for held in (self._lines, self._at_ms, self._ingested_ms):
            held.clear()
        self._file.seek(0)
        self.events = 0

    def close(self) -> None:
        """Remove the file and its folder."""
        self._file.close()
        shutil.rmtree(self._dir, ignore_errors=True)

    def _write(self) -> None:
        self._file.write("".join(self._lines).encode(errors="replace"))
        self._lines.clear()


def _moment(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)
