"""`restore`: put a backup in place."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from collectors.accounts import utc_now
from collectors.commands import DONE, SOURCE_FAILED, Commands
from collectors.settings import home
from sql.restore import restore


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "restore",
        help="put a backup in place of what LEDGER_HOME holds",
        description="Verify a backup, put it in place and publish it. Entries made since the backup are kept.",
    )
    command.add_argument("path", type=Path, metavar="PATH", help="an archive that `backup` made")
    command.add_argument("--force", action="store_true", help="replace the warehouse that is there (of the same kind)")
    command.set_defaults(command=put_back)


def put_back(asked: argparse.Namespace) -> int:
    """Restore, and say what came of it."""
    done = restore(home(os.environ), asked.path, utc_now(), force=asked.force)
    print(f"{home(os.environ)} holds the {done.manifest.kind} data of {done.manifest.made_at} again.")
    if done.published is None:
        print("A data check stopped publishing: `python -m collectors status` says which one.")
        return SOURCE_FAILED
    print(f"Published as {done.published.name}. The next run reads on from there.")
    return DONE
