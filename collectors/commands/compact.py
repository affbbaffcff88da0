"""`compact`: write the warehouse anew without the room that deleted rows left."""

from __future__ import annotations

import argparse
import os

from collectors.commands import DONE, Commands
from collectors.settings import home
from sql.backup import need_warehouse
from sql.warehouse import Warehouse


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "compact",
        help="give the room of deleted rows back to the disk",
        description="Write warehouse.duckdb anew without free room. It needs as much room again while it runs.",
    )
    command.set_defaults(command=compact)


def compact(_: argparse.Namespace) -> int:
    """Compact, and say what that gave."""
    folder = home(os.environ)
    need_warehouse(folder)
    with Warehouse.open(folder, kind=None) as warehouse:
        before, size = warehouse.compact()
    print(f"{folder / 'warehouse.duckdb'}: {before.size / 1e6:,.1f} MB before, {size / 1e6:,.1f} MB now")
    return DONE
