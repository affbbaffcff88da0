"""`status`: what the last runs wrote into status.json."""

from __future__ import annotations

import argparse
import json
import os

from collectors.accounts import utc_now
from collectors.commands import DONE, Commands
from collectors.console import status_lines
from collectors.settings import home
from sql.published import read_status


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser("status", help="how far each source has been read, and what failed")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=show)


def show(asked: argparse.Namespace) -> int:
    """How far each source is."""
    status = read_status(home(os.environ))
    if asked.json:
        print(json.dumps(status, indent=1))
    elif status is None:
        print(f"Nothing has been collected into {home(os.environ)} yet. Start with: python -m collectors run")
    else:
        print("\n".join(status_lines(status, utc_now())))
    return DONE
