"""`sources`: every source in its own words."""

from __future__ import annotations

import argparse
from pathlib import Path

from collectors import reference
from collectors.commands import DONE, Commands
from collectors.source import sources


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "sources", help="every source: what it reads and feeds, cost, lag, how to switch it on"
    )
    command.add_argument("--write", type=Path, metavar="FILE", help="write it as a page of documentation")
    command.set_defaults(command=show)


def show(asked: argparse.Namespace) -> int:
    """The page."""
    text = reference.page(sources().values())
    if asked.write is None:
        print(text)
    else:
        asked.write.write_text(text, encoding="utf-8")
    return DONE
