"""The commands for people who write KPIs: check, new, backtest."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from metrics.check import check, files_of
from sql.errors import NotPublished
from sql.published import Published, open_published

KPI_FOLDER = "kpis"


def home() -> Path:
    """The folder of the data files."""
    return Path(os.environ.get("LEDGER_HOME") or "data")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put these commands beside the others."""
    checking = commands.add_parser("check", help="whether KPI files keep the contract; a line for each violation")
    checking.add_argument("kpi", nargs="*", metavar="KPI", help="ids or files; default: all of ours and your own")
    checking.set_defaults(do=_check)


def _check(options: argparse.Namespace) -> int:
    published = _if_published()
    try:
        paths = files_of(options.kpi, home() / KPI_FOLDER)
        found = check(paths, published)
    finally:
        if published is not None:
            published.close()
    for violation in found:
        print(violation)
    tried = "" if published is not None else " Nothing is published yet: the SELECTs were not run."
    print(f"{len(paths)} files, {len(found)} violations.{tried}")
    return 1 if found else 0


def _if_published() -> Published | None:
    try:
        return open_published(home())
    except NotPublished:
        return None
