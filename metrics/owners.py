"""The commands for people who write KPIs: check, new, backtest."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from metrics.catalogue import catalogue
from metrics.check import check, files_of
from metrics.skeleton import KINDS, Wanted, write_new
from sql.contract import CHOICES
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
    new = commands.add_parser("new", help="write a KPI file that is valid at once, to be changed")
    new.add_argument("kpi", metavar="ID", help="small letters, digits and underscores")
    new.add_argument("--kind", choices=KINDS, default="ratio", help="default: ratio")
    new.add_argument("--unit", choices=CHOICES["unit"], help="default: that of the kind")
    new.add_argument("--better", choices=CHOICES["better"], help="default: lower for money and time, else none")
    new.add_argument("--pillar", choices=CHOICES["pillar"], default="1", help="default: 1")
    new.add_argument("--question", metavar="TEXT", help="the question it answers")
    new.add_argument("--folder", type=Path, help="default: kpis in LEDGER_HOME")
    new.set_defaults(do=_new)


def _new(options: argparse.Namespace) -> int:
    wanted = Wanted(options.kind, options.unit, options.question, options.better, options.pillar)
    path = write_new(options.kpi, wanted, options.folder or home() / KPI_FOLDER, list(catalogue()))
    print(f"wrote {path}\nChange it, then: python -m metrics check {path}")
    return 0


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
