"""`truth`: what every number of the demo account must be."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from collectors.commands import DONE, Commands, moment
from collectors.demo.truth.document import DOCUMENTED_END, as_json
from collectors.demo.truth.page import as_page
from collectors.demo.truth.truth import Truth

PAGE, FILE = "demo-truth.md", "demo-truth.json"


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser("truth", help="what every number of the demo account must be, from what was made up")
    command.add_argument(
        "--end", type=moment, metavar="T", help="of an account that ends then (default: now, to the hour)"
    )
    command.add_argument(
        "--write", type=Path, metavar="FOLDER", help=f"write {PAGE} and {FILE} (default end: {DOCUMENTED_END:%Y-%m-%d})"
    )
    command.set_defaults(command=show)


def show(asked: argparse.Namespace) -> int:
    """The file on standard output, or both documents."""
    end: datetime | None = asked.end
    if asked.write is None:
        print(as_json(Truth(end)), end="")
        return DONE
    truth = Truth(end or DOCUMENTED_END)
    (asked.write / PAGE).write_text(as_page(truth), encoding="utf-8")
    (asked.write / FILE).write_text(as_json(truth), encoding="utf-8")
    return DONE
