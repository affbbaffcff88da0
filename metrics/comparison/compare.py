"""Comparing: read both sides, check the split, judge the difference, and put cost and time beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from metrics import meanwhile, units
from metrics.catalogue import Kpi, kpi_named
from metrics.change import SAME_POINTS, SAME_RELATIVE, compare
from metrics.comparison import judge
from metrics.comparison.model import Arm, Beside, BesideWord, Comparison, Kind, Measure, Side, Usual, Verdict
from metrics.drill import rows as named_rows
from metrics.effects.measures import measure_of, told_unlike
from metrics.effects.model import Direction, Move, word_of
from metrics.effects.moves import Sides, move_of
from metrics.model import NOT_REAL_WORK, Access, Query, QueryError, Value
from metrics.parts import read_parts
from metrics.run import run
from metrics.stats.anytime import LEAST_PER_ARM
from sql.published import Published

# What stands beside success and accuracy: kpi, part, label.
BESIDE = (
    ("success_rate", "", "Success"),
    ("accuracy", "", "Accuracy"),
    ("cost_per_task", "", "Cost per task"),
    ("cost_per_success", "", "Cost per good result"),
    ("task_latency", "p50", "Median time"),
    ("task_latency", "p95", "p95 time"),
    ("escalation_rate", "", "Handed to people"),
    ("pass_k", "k=1", "pass^1"),
    ("pass_k", "k=2", "pass^2"),
    ("pass_k", "k=4", "pass^4"),
)
USUAL_DAYS = 28
Row = dict[str, Any]


def compare_sides(
    published: Published,
    access: Access,
    a: Side,
    b: Side,
    kind: Kind,
    *,
    measure: Measure = "success",
    rope: float = SAME_POINTS,
    share_of_b: float | None = None,
    segments: Sequence[str] = (),
) -> Comparison:
    """B against A. `rope` is the least difference that matters, `share_of_b` the split that was meant, if any."""
    _allowed(access, a, b)
    if share_of_b is not None:
        a, b = _together(a, b)
    asked = _Asked(measure, segments, _usual_days(a, b) if share_of_b is not None else None)
    first, second = (_arm(published, access, side, asked) for side in (a, b))
    split = judge.check_split(first, second, share_of_b)
    raw = judge.raw_difference(first, second, rope)
    decisive = judge.job_difference(first, second, rope)
    if decisive is None and split.applies and not split.blocks:
        decisive = judge.usual_difference(first, second, rope)
    decisive = decisive or judge.mix_difference(first, second, rope) or raw
    proof = judge.evidence(first, second)
    verdict: Verdict = "blocked" if split.blocks else judge.decided(decisive, proof, rope)
    at_once = kind == "agents" or (kind == "versions" and judge.overlap(first, second))
    return Comparison(
        kind=kind,
        measure=measure,
        rope=rope,
        a=first,
        b=second,
        split=split,
        raw=raw,
        decisive=decisive,
        evidence=proof,
        verdict=verdict,
        needed_per_side=decisive.needed if decisive is not None and verdict == "undetermined" else None,
        grade=judge.grade_of(decisive, random_split=split.applies and not split.blocks, at_once=at_once),
        notes=tuple(_notes(published, access, first, second, kind)),
        beside=tuple(_beside(published, access, a, b)),
    )


def _allowed(access: Access, *sides: Side) -> None:
    for side in sides:
        if not access.allows(side.agent_id):
            raise QueryError(f"There is no agent {side.agent_id!r} to compare.")


def _together(a: Side, b: Side) -> tuple[Side, Side]:
    """Both sides over the days that they share; as they are where they share none. A split is of those days."""
    start, end = max(a.start, b.start), min(a.end, b.end)
    if start >= end:
        return a, b
    return replace(a, start=start, end=end), replace(b, start=start, end=end)


@dataclass(frozen=True)
class _Asked:
    """What is asked of both sides. `usual`: the days before either began."""

    measure: Measure
    segments: Sequence[str]
    usual: tuple[date, date] | None


def _usual_days(a: Side, b: Side) -> tuple[date, date]:
    """The four weeks before either side began: what is known of them, neither side can have moved."""
    end = min(a.start, b.start)
    if end.toordinal() <= USUAL_DAYS:
        return end, end
    return end - timedelta(days=USUAL_DAYS), end


def _arm(published: Published, access: Access, side: Side, asked: _Asked) -> Arm:
    days = asked.usual or (None, None)
    params: Row = {
        "from": side.start, "to": side.end, "versions": None if side.version is None else [side.version],
        "left_out": list(NOT_REAL_WORK), "measure": asked.measure, "dims": list(asked.segments), "usual_from": days[0],
        "usual_to": days[1],
    }  # fmt: skip
    rows = named_rows(published, "comparison_side", access, [side.agent_id], **params)
    cells = [row for row in rows if row["part"] == "cell"]
    usual = next((row for row in rows if row["part"] == "usual"), None)
    return Arm(
        side,
        judge.cells_of(cells),
        tuple((str(row["name"]), tuple(row["results"])) for row in rows if row["part"] == "job"),
        min((row["first_at"] for row in cells), default=None),
        max((row["last_at"] for row in cells), default=None),
        even_weights=asked.measure == "success" or all((row["weights"] or 0) <= 1 for row in cells),
        usual=None if usual is None else Usual(usual["n"], usual["x"], usual["xx"], usual["xy"], float(usual["k"])),
    )


def _beside(published: Published, access: Access, a: Side, b: Side) -> list[Beside]:
    found = []
    values: dict[tuple[str, Side], list[Value]] = {}
    for kpi, part, label in BESIDE:
        for side in (a, b):
            if (kpi, side) not in values:
                values[kpi, side] = run(published, kpi, _query(side), access)
        one, two = (next((v for v in values[kpi, side] if v.slice == part), None) for side in (a, b))
        if kpi != "pass_k":
            found.append(_moved(published, access, (kpi, part, label), ((a, one), (b, two))))
        elif any(value is not None and value.state == "ok" for value in (one, two)):
            once = compare(kpi, two, one)
            found.append(Beside(kpi, label, one, two, None, "ratio", once.verdict, once.reason, once))
    return found


def _moved(
    published: Published,
    access: Access,
    number: tuple[str, str, str],
    sides: tuple[tuple[Side, Value | None], tuple[Side, Value | None]],
) -> Beside:
    """How a number moved from A to B, with limits that hold at every look."""
    name, part, label = number
    kpi = kpi_named(name, published)
    measure = measure_of(kpi, part)
    a, b = (_parts(published, access, kpi, side) for side, _ in sides)
    relative = kpi.unit != "ratio"
    least = SAME_RELATIVE if relative else SAME_POINTS
    move = move_of(measure, Sides(a, b), least, relative=relative, both_grow=True)
    why = "A side has no value." if move is None else told_unlike(kpi, measure, a, b)
    if move is not None and not move.enough:
        why = f"Too few cases: a side needs {move.least} at least."
    word = "cannot_tell" if why or move is None else _word(kpi, move, least)
    return Beside(name, label, sides[0][1], sides[1][1], move, "relative" if relative else "ratio", word, why)


def _parts(published: Published, access: Access, kpi: Kpi, side: Side) -> list[Row]:
    """The published parts of a side, by kind of task."""
    rows = read_parts(published, kpi, replace(_query(side), group=("task_type",)), access)
    return [row for row in rows if not row["slice"]]


def _word(kpi: Kpi, move: Move, least: float) -> BesideWord:
    good: Direction = "down" if kpi.better == "lower" else "up"
    word = word_of(move, least, good)
    if word == "no_material_change":
        return "no_change"
    if word == "undetermined":
        return "cannot_tell"
    if kpi.better == "none":
        return "changed"
    return "better" if word.startswith("improved") else "worse"


def _query(side: Side) -> Query:
    versions = None if side.version is None else (side.version,)
    return Query(side.start, side.end, agents=(side.agent_id,), versions=versions)


def _notes(published: Published, access: Access, a: Arm, b: Arm, kind: Kind) -> list[str]:
    """What stands in the way of a plain reading, in words."""
    notes = []
    for name, arm in (("A", a), ("B", b)):
        if arm.n < LEAST_PER_ARM:
            counted = f"{units.grouped(arm.n)} tasks with an answer, of {units.grouped(arm.tasks)} finished"
            notes.append(f"{name} has too few: {counted}. Below {LEAST_PER_ARM} a side only the e-value can decide.")
        if not arm.even_weights:
            notes.append(f"{name}: answers were drawn with unlike chances; they are counted alike here.")
    shared = judge.shared_share(a, b)
    if a.n and b.n and 0 < shared < 0.8:
        notes.append(f"Only {units.text(shared, 'ratio')} of the tasks are of kinds that both sides have.")
    by = judge.surer_by(a, b)
    if by is not None:
        notes.append(
            f"What was usual of the same users and kinds of work before takes {units.text(by, 'ratio')} of the "
            "variance out."
        )
    elif kind == "versions" and judge.overlap(a, b):
        notes.append(
            "Both versions were at work at the same time: who got which is not known unless a split is declared."
        )
    # On the same jobs what else changed in the meantime touches neither side.
    return notes if judge.same_jobs(a, b) else notes + _meanwhile(published, access, a, b, kind)


def _meanwhile(published: Published, access: Access, a: Arm, b: Arm, kind: Kind) -> list[str]:
    """Other changes between the first and the last task: their effects cannot be told apart from this one."""
    seen = [moment for arm in (a, b) for moment in (arm.first_at, arm.last_at) if moment is not None]
    if not seen:
        return []
    versions = {a.side.version, b.side.version} - {None}

    def compared(row: Row) -> bool:
        return kind == "versions" and row["kind"] == "agent" and row["after_value"] in versions

    agents = [a.side.agent_id, b.side.agent_id]
    return meanwhile.note(meanwhile.changes(published, access, agents, min(seen), max(seen), compared))


def version_side(published: Published, agent_id: str, version: str, start: date, end: date) -> Side:
    """A version over the days within [start, end) on which it was at work."""
    rows = published.rows(
        "SELECT min(day) AS first_day, max(day) AS last_day FROM tasks "
        "WHERE agent_id = $agent AND agent_version = $version AND day >= $from AND day < $to",
        {"agent": agent_id, "version": version, "from": start, "to": end},
    )
    first, last = rows[0]["first_day"], rows[0]["last_day"]
    if first is None:
        return Side(f"version {version}", agent_id, start, end, version)
    return Side(f"version {version}", agent_id, first, last + timedelta(days=1), version)
