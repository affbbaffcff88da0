"""A new or changed definition over past days beside the one in force; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics import units
from metrics.catalogue import Kpi, kpi_from, published_kpis
from metrics.model import Access, Query, Value
from metrics.run import run
from sql.contract import KpiFile, Violation, violations
from sql.published import Published
from sql.trial import Trial, column_faults, value_faults

SAME = 1e-9
_NAMES = {"day": "days", "week": "weeks", "month": "months", "total": "values"}
# Agent, slice and first day of what is compared.
Key = tuple[str | None, str, date]


class BrokenCandidate(ValueError):
    """The new definition breaks the contract; `found` says where."""

    def __init__(self, found: Sequence[Violation]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found


@dataclass(frozen=True)
class Pair:
    """One period by both definitions; a side is None where that definition gives nothing."""

    start: date
    slice: str
    old: Value | None
    new: Value | None

    @property
    def difference(self) -> float | None:
        """New less old, in the KPI's unit; None where one is unknown."""
        if self.old is None or self.new is None or self.old.value is None or self.new.value is None:
            return None
        return self.new.value - self.old.value

    @property
    def differs(self) -> bool:
        """Whether the two say something else: another value, or only one of them a value."""
        if self.difference is None:
            return _point(self.old) is not None or _point(self.new) is not None
        return abs(self.difference) > SAME * max(1.0, abs(_point(self.old) or 0.0))

    @property
    def outside(self) -> bool:
        """Whether the old value lies outside the interval of the new one."""
        old = _point(self.old)
        if old is None or self.new is None or self.new.low is None or self.new.high is None:
            return False
        return not self.new.low <= old <= self.new.high


@dataclass(frozen=True)
class Backtest:
    """Both definitions over the same periods. `old` is None where the KPI is new."""

    old: Kpi | None
    new: Kpi
    by: str
    pairs: tuple[Pair, ...]


def backtest(published: Published, file: KpiFile, query: Query, access: Access) -> Backtest:
    """Run the definition of `file` beside the one that made the published parts of the KPI of that id.

    Raises BrokenCandidate where the file breaks the contract, BadQuery where DuckDB refuses its SELECT.
    """
    _refuse(violations(file))
    new = kpi_from(file.name, file.text)
    old = published_kpis(published).get(file.id)
    with Trial(published) as trial:
        trial.make(file.select)
        columns = {str(row["column_name"]): str(row["column_type"]) for row in trial.rows("DESCRIBE own_parts")}
        _refuse(list(column_faults(file, columns)))
        _refuse(list(value_faults(file, columns, trial.rows, "own_parts")))
        trial.take(new.id, new.parts_table)
        after = run(trial, new, query, access)
    before = [] if old is None else run(published, old, query, access)
    return Backtest(old, new, query.by, tuple(_pairs(before, after)))


def _refuse(found: Sequence[Violation]) -> None:
    if found:
        raise BrokenCandidate(found)


def _pairs(before: Iterable[Value], after: Iterable[Value]) -> list[Pair]:
    old, new = _headlines(before), _headlines(after)
    keys = sorted(old.keys() | new.keys(), key=lambda key: (key[2], key[1]))
    return [Pair(key[2], key[1], old.get(key), new.get(key)) for key in keys]


def _headlines(values: Iterable[Value]) -> dict[Key, Value]:
    """The whole where a KPI gives one, else its quantiles or measures."""
    found = list(values)
    whole = [value for value in found if not value.slice]
    return {(value.agent_id, value.slice, value.start): value for value in whole or found}


def records(tested: Backtest) -> list[dict[str, Any]]:
    """One record a pair, for tables and programs."""
    return [
        {
            "from": pair.start.isoformat(),
            "slice": pair.slice or None,
            "old": _point(pair.old),
            "new": _point(pair.new),
            "difference": pair.difference,
            "low": pair.new.low if pair.new else None,
            "high": pair.new.high if pair.new else None,
            "old_n": pair.old.n if pair.old else None,
            "n": pair.new.n if pair.new else None,
            "old_state": pair.old.state if pair.old else None,
            "state": pair.new.state if pair.new else None,
            "unit": tested.new.unit,
        }
        for pair in tested.pairs
    ]


def readable(tested: Backtest) -> list[dict[str, str]]:
    """The same for people."""
    unit = tested.new.unit
    return [
        {
            "from": row["from"],
            "slice": row["slice"] or "all",
            "old": units.text(row["old"], tested.old.unit if tested.old else unit),
            "new": units.text(row["new"], unit),
            "difference": _signed(row["difference"], unit),
            "95 %": units.NOTHING
            if row["low"] is None or row["high"] is None
            else f"{units.text(row['low'], unit)} {units.DASH} {units.text(row['high'], unit)}",
            "n": _moved(row, "old_n", "n"),
            "state": _moved(row, "old_state", "state"),
        }
        for row in records(tested)
    ]


def summary(tested: Backtest) -> str:
    """What the table says, in words."""
    name = "values" if any(pair.slice for pair in tested.pairs) else _NAMES[tested.by]
    if tested.old is None:
        states = _counted(Counter(pair.new.state for pair in tested.pairs if pair.new))
        return f"{tested.new.id} is new: nothing to compare. {len(tested.pairs)} {name}: {states or 'none has data'}."
    differing = [pair for pair in tested.pairs if pair.differs]
    told = [f"Published version {tested.old.version} beside version {tested.new.version} of {tested.new.id}:"]
    told.append(f"{len(differing)} of {len(tested.pairs)} {name} differ.")
    measured = [pair for pair in differing if pair.difference is not None]
    if measured:
        told.append(_sizes(measured, tested.new.unit))
    one_sided = len(differing) - len(measured)
    if one_sided:
        told.append(f"{one_sided} have a value by one definition only.")
    outside = sum(pair.outside for pair in differing)
    if outside:
        told.append(f"In {outside} the old value lies outside the new 95 % interval.")
    moves = Counter(f"{_state(pair.old)} → {_state(pair.new)}" for pair in tested.pairs if _state_moved(pair))
    told.append(f"States change in {sum(moves.values())}: {_counted(moves)}." if moves else "No state changes.")
    return " ".join(told)


def _sizes(pairs: Sequence[Pair], unit: str) -> str:
    sizes = {pair: pair.difference or 0.0 for pair in pairs}
    largest = max(sizes, key=lambda pair: abs(sizes[pair]))
    mean = sum(sizes.values()) / len(sizes)
    return f"On average {_signed(mean, unit)}; most on {largest.start}: {_signed(sizes[largest], unit)}."


def _point(value: Value | None) -> float | None:
    return None if value is None else value.value


def _state(value: Value | None) -> str:
    return "nothing" if value is None else value.state


def _state_moved(pair: Pair) -> bool:
    return _state(pair.old) != _state(pair.new)


def _signed(amount: float | None, unit: str) -> str:
    if amount is None:
        return units.NOTHING
    if abs(amount) <= SAME:
        return "0"
    size = f"{units.significant(100 * abs(amount))} points" if unit == "ratio" else units.text(abs(amount), unit)
    return f"{'+' if amount > 0 else '-'}{size}"


def _moved(row: Mapping[str, Any], old: str, new: str) -> str:
    before, after = (units.NOTHING if row[name] is None else str(row[name]) for name in (old, new))
    return after if before == after or row["old"] is row[old] is None else f"{before} → {after}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
