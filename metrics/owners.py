"""The commands for people who write KPIs: check, new, backtest."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from metrics.asking import agent_ids, day, period
from metrics.backtest import BrokenCandidate, backtest, readable, records, summary
from metrics.catalogue import catalogue
from metrics.check import check, files_of
from metrics.model import PERIODS, Access, Query, QueryError
from metrics.render import FORMATS, records_text
from metrics.run import DEFAULT_DAYS
from metrics.skeleton import KINDS, Wanted, write_new
from sql.contract import CHOICES, KpiFile, as_file
from sql.errors import NotPublished
from sql.published import Published, open_published


def home() -> Path:
    """The folder of the data files."""
    return Path(os.environ.get("LEDGER_HOME") or "data")


def own_folder(published: Published | None, setting: str = "kpis") -> Path:
    """Where the owner's own files lie: where the last collector run read them, else in the current folder."""
    rows = (
        []
        if published is None
        else published.rows("SELECT value FROM org WHERE key = $key", {"key": f"{setting}_folder"})
    )
    read = Path(rows[0]["value"]) if rows else None
    return read if read is not None and read.is_dir() else Path(setting)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put these commands beside the others."""
    checking = commands.add_parser("check", help="whether KPIs and rules keep the contract; a line for each violation")
    checking.add_argument("kpi", nargs="*", metavar="KPI", help="ids or files; default: all of ours and your own")
    checking.set_defaults(do=_check)
    new = commands.add_parser("new", help="write a KPI file that is valid at once, to be changed")
    new.add_argument("kpi", metavar="ID", help="small letters, digits and underscores")
    new.add_argument("--kind", choices=KINDS, default="ratio", help="default: ratio")
    new.add_argument("--unit", choices=CHOICES["unit"], help="default: that of the kind")
    new.add_argument("--better", choices=CHOICES["better"], help="default: lower for money and time, else none")
    new.add_argument("--pillar", choices=CHOICES["pillar"], default="1", help="default: 1")
    new.add_argument("--question", metavar="TEXT", help="the question it answers")
    new.add_argument("--folder", type=Path, help="default: [org] kpis of ledger.toml, else kpis in this folder")
    new.set_defaults(do=_new)
    _add_backtest(commands.add_parser("backtest", help="a new or changed definition over past days beside the old one"))


def _add_backtest(testing: argparse.ArgumentParser) -> None:
    testing.add_argument("kpi", metavar="KPI", help="the id; its file is looked for in your folder, then in ours")
    testing.add_argument("--file", type=Path, metavar="CANDIDATE.sql", help="the definition to try in its place")
    testing.add_argument("--from", dest="first", type=day, metavar="DAY", help=f"default: {DEFAULT_DAYS} days before")
    testing.add_argument("--to", dest="last", type=day, metavar="DAY", help="not included; default: the first open day")
    testing.add_argument("--agent", action="append", help="only this agent id; may be given several times")
    testing.add_argument("--by", choices=PERIODS, default="day", help="default: day")
    testing.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    testing.set_defaults(do=_backtest)


def _backtest(options: argparse.Namespace) -> int:
    with closing(open_published(home())) as published:
        path = options.file or files_of([options.kpi], own_folder(published))[0]
        start, end = period(options, published)
        agents = agent_ids(published, options.agent) if options.agent else None
        query = Query(start, end, agents=agents, by=options.by)
        try:
            tested = backtest(published, _candidate(options.kpi, path), query, Access.everything())
        except BrokenCandidate as broken:
            print(broken)
            return 1
    table = options.format == "table"
    print(records_text(readable(tested) if table else records(tested), options.format))
    print(summary(tested), file=sys.stdout if table else sys.stderr)
    return 0


def _candidate(kpi: str, path: Path) -> KpiFile:
    """The file as a definition of `kpi`, whatever its own name."""
    try:
        return as_file(f"{kpi}.sql", path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path} cannot be read ({error}): give --file a KPI file.") from None


def _new(options: argparse.Namespace) -> int:
    wanted = Wanted(options.kind, options.unit, options.question, options.better, options.pillar)
    with if_published() as published:
        path = write_new(options.kpi, wanted, options.folder or own_folder(published), list(catalogue()))
    print(f"wrote {path}\nChange it, then: python -m metrics check {path}")
    return 0


def _check(options: argparse.Namespace) -> int:
    with if_published() as published:
        paths = files_of(options.kpi, own_folder(published), own_folder(published, "rules"))
        found = check(paths, published)
    for violation in found:
        print(violation)
    tried = "" if published is not None else " Nothing is published yet: the SELECTs were not run."
    print(f"{len(paths)} files, {len(found)} violations.{tried}")
    return 1 if found else 0


@contextmanager
def if_published() -> Iterator[Published | None]:
    """The newest published file, or None where there is none yet."""
    try:
        published = open_published(home())
    except NotPublished:
        yield None
        return
    with closing(published):
        yield published
