"""One module a command: `add(commands)` puts it on the command line. Adding the file adds the command."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from datetime import UTC, datetime
from typing import Any

# What `python -m collectors` answers with.
DONE, SOURCE_FAILED, BAD_SETTINGS = 0, 1, 2

Commands = Any  # argparse has no public name for what add_subparsers gives


def add_all(commands: Commands, asked: str | None = None) -> None:
    """Put every command of this folder on the command line, in the order of their names; only `asked` if it is one.

    A run every few minutes need not load what the others need.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    for name in [asked] if asked in names else names:
        importlib.import_module(f"{__name__}.{name}").add(commands)


def moment(text: str) -> datetime:
    """A moment of the command line as naive UTC; a day is its first moment, no offset means UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no moment; write 2026-11-01 or 2026-11-01T08:00Z") from None
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
