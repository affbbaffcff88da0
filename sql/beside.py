"""What is worked out of a published file, kept beside it: one JSON file for each, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from sql.errors import HomeNotWritable
from sql.files import write_json

KEPT = 2
What = Literal["insights", "readiness"]


def write(home: Path, what: What, version: str, document: object) -> Path:
    """Keep what belongs to the published file of that version. HomeNotWritable says why it could not be done."""
    path = home / what / f"{version}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, document)
        for old in kept(home, what)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise HomeNotWritable(
            f"The {what} could not be written to {path} ({error.strerror or error}).",
            "Make it writable for this user, or run `python -m metrics insights --refresh` as the collector's user.",
        ) from error
    return path


def kept(home: Path, what: What) -> list[Path]:
    """The files there are, oldest first."""
    return sorted((home / what).glob("*.json"))


def newest(home: Path, what: What) -> tuple[str, Any] | None:
    """The newest file that can be read: the version it belongs to and what it holds."""
    for path in reversed(kept(home, what)):
        try:
            return path.stem, json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return None
