"""`validate`: which events of a file would be refused, and why."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from collectors.accounts import choices
from collectors.commands import Commands
from collectors.settings import load
from collectors.validate import run


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser("validate", help="check a file of agent.outcome events before it is delivered")
    command.add_argument("file", type=Path, help="JSON lines; CSV or Parquet with --mapping")
    command.add_argument("--mapping", metavar="NAME", help="a mapping of [[sources.outcome_files.files]] by its name")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=check)


def check(asked: argparse.Namespace) -> int:
    """Check the file."""
    files = load(os.environ, choices()).source("outcome_files").options.get("files", ())
    return run(asked.file, asked.mapping, asked.json, files)
