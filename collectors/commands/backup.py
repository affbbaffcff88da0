"""`backup`: one archive of the warehouse and the journal."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from collectors.accounts import utc_now
from collectors.commands import DONE, Commands
from collectors.settings import home
from sql.backup import back_up


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "backup",
        help="write one archive of everything collected and entered",
        description="Write one archive of the warehouse and the journal. Collectors wait while it is made.",
    )
    command.add_argument(
        "--to", type=Path, metavar="PATH", help="a new file, or a folder to put it in (default LEDGER_HOME/backups)"
    )
    command.set_defaults(command=make)


def make(asked: argparse.Namespace) -> int:
    """Back up, and say where it is and what it holds."""
    path, manifest = back_up(home(os.environ), asked.to, utc_now())
    entries = len(manifest.files) - 1
    print(
        f"{path}: {path.stat().st_size / 1e6:,.1f} MB, {manifest.kind} data, "
        f"migration {manifest.migrations[-1]:04}, {entries} journal file{'' if entries == 1 else 's'}"
    )
    return DONE
