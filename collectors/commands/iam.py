"""`iam`: the policy of exactly the sources that are switched on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from collectors import iam
from collectors.accounts import choices
from collectors.commands import DONE, Commands
from collectors.run import switched_on
from collectors.settings import load
from collectors.source import sources


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser("iam", help="print the IAM policy that the collector's role needs")
    command.add_argument("--write", type=Path, metavar="FILE", help="write it as a page of documentation instead")
    command.set_defaults(command=show)


def show(asked: argparse.Namespace) -> int:
    """The policy."""
    settings = load(os.environ, choices())
    found = [source for source in sources().values() if switched_on(settings, source)]
    if asked.write is None:
        print(iam.text(iam.policy(found, settings)))
    else:
        asked.write.write_text(iam.page(found, settings), encoding="utf-8")
    return DONE
