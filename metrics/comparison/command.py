"""`python -m metrics compare`: two versions, two agents or two periods, from the command line."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from datetime import date, timedelta

from metrics import owners, units
from metrics.asking import agent_ids, day, period
from metrics.change import SAME_POINTS
from metrics.comparison.compare import compare_sides, version_side
from metrics.comparison.model import MEASURES, Comparison, Kind, Side
from metrics.comparison.words import BASIS, BESIDE_WORDS, beside_text, counted, design, headline, record, sure, why
from metrics.effects.words import amount, limits
from metrics.model import Access, QueryError
from metrics.render import records_text
from metrics.run import DEFAULT_DAYS
from sql.published import Published, open_published


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the command beside the others."""
    parser = commands.add_parser("compare", help="two versions, two agents or two periods: a verdict in words")
    parser.add_argument("--agent", action="append", required=True, help="one agent; two compare them")
    parser.add_argument("--version", action="append", help="give two: the second against the first")
    parser.add_argument("--from", dest="first", type=day, metavar="DAY", help=f"default: {DEFAULT_DAYS} days before")
    parser.add_argument("--to", dest="last", type=day, metavar="DAY", help="not included; default: the first open day")
    parser.add_argument("--before-from", type=day, metavar="DAY", help="first day of A, for two periods of one agent")
    parser.add_argument("--before-to", type=day, metavar="DAY", help="not included; default: as many days just before")
    parser.add_argument("--measure", choices=tuple(MEASURES), default="success", help="default: success")
    parser.add_argument(
        "--rope", type=float, default=SAME_POINTS, help=f"least share that matters; default {SAME_POINTS}"
    )
    parser.add_argument("--split", type=float, metavar="SHARE", help="share of B where tasks were meant to be split")
    parser.add_argument("--segment", action="append", default=[], help="a segment beside task type for the common mix")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(do=_compare)


def _compare(options: argparse.Namespace) -> int:
    if options.split is not None and not 0 < options.split < 1:
        raise QueryError(f"--split {options.split} is no share between 0 and 1, such as 0.5.")
    with closing(open_published(owners.home())) as published:
        kind, a, b = _sides(options, published)
        found = compare_sides(
            published, Access.everything(), a, b, kind,
            measure=options.measure, rope=options.rope, share_of_b=options.split, segments=options.segment,
        )  # fmt: skip
    print(json.dumps(record(found), indent=2, ensure_ascii=False) if options.format == "json" else text(found))
    return 0


def _sides(options: argparse.Namespace, published: Published) -> tuple[Kind, Side, Side]:
    agents = agent_ids(published, options.agent)
    start, end = period(options, published)
    if len(agents) == 2 and not options.version:
        one, two = (Side(name, agent, start, end) for name, agent in zip(options.agent, agents, strict=True))
        return "agents", one, two
    if len(agents) != 1 or len(options.version or (1, 2)) != 2:
        raise QueryError("Give two agents, or one agent with two --version, or one agent for two periods.")
    if options.version:
        # A version is looked for in all data unless days are asked for.
        start, end = (date.min, date.max) if not (options.first or options.last) else (start, end)
        one, two = (version_side(published, agents[0], version, start, end) for version in options.version)
        return "versions", one, two
    before_to = options.before_to or start
    before_from = options.before_from or before_to - (end - start)
    return "periods", Side("before", agents[0], before_from, before_to), Side("after", agents[0], start, end)


def text(found: Comparison) -> str:
    """A comparison as text: verdict first, then what it rests on."""
    sides = [
        {"side": name, "what": arm.side.name, "agent": arm.side.agent_id,
         **(dict.fromkeys(("from", "to"), units.NOTHING) if arm.first_at is None else
            {"from": arm.side.start, "to": arm.side.end - timedelta(days=1)}),
         "finished": units.grouped(arm.tasks), MEASURES[found.measure].lower(): counted(arm)}
        for name, arm in (("A", found.a), ("B", found.b))
    ]  # fmt: skip
    moves = [
        {"difference B − A": BASIS[each.basis], "points": amount(each.amount, "ratio"),
         "at any look, 95 %": limits(each.limits, "ratio")}
        for each in found.differences
    ]  # fmt: skip
    beside = [
        {"beside": each.label, "A": units.of_value(each.a) if each.a else units.NOTHING,
         "B": units.of_value(each.b) if each.b else units.NOTHING,
         "B − A": beside_text(each), "": f"{BESIDE_WORDS[each.word]}{' (one look)' if each.once else ''}"}
        for each in found.beside
    ]  # fmt: skip
    parts = [
        f"{headline(found)}\n{why(found)}",
        records_text(sides, "table"),
        records_text(moves, "table"),
        f"{sure(found.evidence)}\nSplit: {found.split.text}\nDesign {design(found)}",
        records_text(beside, "table"),
        "\n".join(found.notes),
    ]
    return "\n\n".join(part for part in parts if part)
