"""python -m metrics: KPIs and SQL on the published file, from the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing

from metrics import behind, owners
from metrics.actions import command as actions
from metrics.asking import agent_ids, day, period
from metrics.catalogue import CatalogueError, Kpi, UnknownKpi, known_kpis, kpi_named
from metrics.comparison import command as comparison
from metrics.insights import command as insights
from metrics.model import GROUPS, PERIODS, Access, Query, QueryError
from metrics.parts import Row
from metrics.readiness import command as readiness
from metrics.reference import own_page, pages
from metrics.render import FORMATS, records_text, values_text
from metrics.run import DEFAULT_DAYS, run
from sql.errors import LedgerError
from sql.published import Published, open_published

EXAMPLES = """examples:
  python -m metrics list
  python -m metrics show cost_per_success
  python -m metrics run success_rate
  python -m metrics run task_latency --agent refunds --from 2026-10-01 --to 2026-11-01 --by week
  python -m metrics run spend --group agent --format csv > spend.csv
  python -m metrics run cost_per_success --group team --by month
  python -m metrics run spend --agent refunds --rows --format csv > calls.csv
  python -m metrics query "SELECT agent_id, count(*) AS tasks FROM tasks GROUP BY ALL" --format json
  python -m metrics prices
  python -m metrics docs --check
  python -m metrics new refund_rate --kind ratio     (then: check, backtest; docs/kpi-as-code.md)
  python -m metrics check
  python -m metrics readiness --agent refunds
  python -m metrics compare --agent refunds --version 3 --version 4
  python -m metrics insights --agent refunds
  python -m metrics actions --agent refunds

LEDGER_HOME (default ./data) says where the published file is. Exit codes: 0 done, 1 the page is old (docs --check) or a
KPI file breaks the contract (check), 2 a wrong argument or no published file."""
WRONG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.do(options))
        sys.stdout.flush()
        return code
    except (LedgerError, CatalogueError, QueryError, UnknownKpi) as error:
        print(f"metrics: {error}", file=sys.stderr)
        return WRONG
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _list(options: argparse.Namespace) -> int:
    with owners.if_published() as published:
        known = known_kpis(published)
    rows = [
        {"kpi": kpi.id, "label": kpi.label, "unit": kpi.unit, "better": kpi.better, "slices": kpi.slices or "",
         "whose": "your own" if kpi.own else "ours", "question": kpi.question}
        for kpi in known.values()
    ]  # fmt: skip
    print(records_text(rows, options.format))
    return 0


def _show(options: argparse.Namespace) -> int:
    with owners.if_published() as published:
        kpi = kpi_named(options.kpi, published)
    direction = {"none": "no good direction"}.get(kpi.better, f"{kpi.better} is better")
    print(f"{kpi.id}: {kpi.label} ({kpi.unit}, {direction}, {'your own ' if kpi.own else ''}definition {kpi.version})")
    print(f"{kpi.question}\n{kpi.definition}\n= {kpi.formula}\n")
    print(f"interval {kpi.interval}, minimum n {kpi.minimum_n}, slices {kpi.slices or 'none'}")
    print(f"\n{kpi.sql}")
    return 0


def _run(options: argparse.Namespace) -> int:
    with closing(_published()) as published:
        kpi = kpi_named(options.kpi, published)
        query = _asked(options, published)
        if options.rows:
            print(records_text(_rows(published, kpi, query), options.format))
        else:
            print(values_text(run(published, kpi, query, Access.everything()), options.format, query.group))
    return 0


def _rows(published: Published, kpi: Kpi, query: Query) -> list[Row]:
    """The rows that add up to a number over all days asked for. Raises QueryError for one that has none of its own."""
    if kpi.id not in behind.ROWS:
        lists = " or ".join(behind.JOBS.get(kpi.id, ("all",)))
        why = behind.NO_ROWS.get(kpi.id) or f"They are jobs: the page Jobs lists them (show={lists})."
        raise QueryError(f"{kpi.id} has no rows of its own. {why}")
    return behind.rows_behind(published, kpi, query, Access.everything())


def _asked(options: argparse.Namespace, published: Published) -> Query:
    """The question that the choices of `run` mean."""
    start, end = period(options, published)
    return Query(
        start,
        end,
        agents=agent_ids(published, options.agent) if options.agent else None,
        versions=tuple(options.version) if options.version else None,
        teams=_owners(published, "team", options.team),
        products=_owners(published, "product", options.product),
        all_environments=options.all_environments,
        by=options.by,
        group=tuple(name for name in (options.group or "").split(",") if name),
        slice_by=options.slice_by,
    )


def _query(options: argparse.Namespace) -> int:
    with closing(_published()) as published:
        print(records_text(published.query(options.sql).to_pylist(), options.format))
    return 0


def _prices(options: argparse.Namespace) -> int:
    with closing(_published()) as published:
        print(records_text(published.rows("SELECT * FROM prices ORDER BY ALL"), options.format))
    return 0


def _docs(options: argparse.Namespace) -> int:
    if options.own:
        with closing(_published()) as published:
            print(own_page(published))
        return 0
    old = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if options.check:
        for path in pages():
            print(f"docs/{path.name} is {'old: run `make docs`' if path in old else 'current'}")
        return 1 if old else 0
    for path in old:
        path.write_text(pages()[path], encoding="utf-8")
    print(f"wrote {', '.join(f'docs/{path.name}' for path in pages())}")
    return 0


def _published() -> Published:
    return open_published(owners.home())


def _owners(published: Published, column: str, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
    """The teams or products asked for. Raises QueryError where no agent belongs to one."""
    if not wanted:
        return None
    rows = published.rows("SELECT DISTINCT team, product FROM agents")
    known = sorted({row[column] for row in rows if row[column] is not None})
    unknown = [name for name in wanted if name not in known]
    if unknown:
        there = f"There are: {', '.join(known)}." if known else f"No agent names its {column} in ledger.toml."
        raise QueryError(f"There is no {column} {', '.join(map(repr, unknown))}. {there}")
    return tuple(wanted)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m metrics", description=__doc__, epilog=EXAMPLES, formatter_class=raw)
    commands = parser.add_subparsers(
        required=True,
        metavar="list | show | run | query | prices | docs | check | new | backtest | insights | readiness | compare",
    )
    listing = commands.add_parser("list", help="every KPI with its unit and question")
    show = commands.add_parser("show", help="one KPI: definition, formula and SQL")
    running = commands.add_parser("run", help="one KPI as numbers", epilog=EXAMPLES, formatter_class=raw)
    query = commands.add_parser("query", help="your own SELECT on the published file, read-only")
    prices = commands.add_parser("prices", help="the prices in force, with their source and date")
    docs = commands.add_parser("docs", help="write docs/kpis.md from the KPI files")
    for name, parser_ in (("kpi", show), ("kpi", running), ("sql", query)):
        parser_.add_argument(name, metavar=name.upper())
    docs.add_argument("--own", action="store_true", help="print the page of your own KPIs, as published, instead")
    docs.add_argument("--check", action="store_true", help="only say whether the page is current; exit 1 if not")
    _add_choices(running)
    for parser_ in (listing, running, query, prices):
        parser_.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    handlers = ((listing, _list), (show, _show), (running, _run), (query, _query), (prices, _prices), (docs, _docs))
    for parser_, handler in handlers:
        parser_.set_defaults(do=handler)
    owners.add_commands(commands)
    readiness.add_command(commands)
    comparison.add_command(commands)
    insights.add_command(commands)
    actions.add_command(commands)
    return parser


def _add_choices(running: argparse.ArgumentParser) -> None:
    """What `run` can be asked."""
    running.add_argument("--agent", action="append", help="only this agent id; may be given several times")
    running.add_argument("--version", action="append", help="only this version; may be given several times")
    running.add_argument("--team", action="append", help="only agents that this team owns now")
    running.add_argument("--product", action="append", help="only agents that belong to this product now")
    running.add_argument("--from", dest="first", type=day, metavar="DAY", help=f"default: {DEFAULT_DAYS} days before")
    running.add_argument("--to", dest="last", type=day, metavar="DAY", help="not included; default: the first open day")
    running.add_argument("--by", choices=PERIODS, default="total", help="default: total")
    running.add_argument("--group", metavar="NAMES", help=f"comma separated: {', '.join(GROUPS)}")
    running.add_argument("--slice-by", metavar="NAME", help="tool or model, for the latency KPIs")
    running.add_argument(
        "--rows", action="store_true", help="print the calls, jobs, hand-overs or actions that add up to it instead"
    )
    running.add_argument(
        "--all-environments", action="store_true", help="count test, synthetic, replay and load work as well"
    )


if __name__ == "__main__":
    sys.exit(main())
