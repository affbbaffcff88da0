"""The registry of KPIs: one file each in sql/kpis, read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import sql
from sql.contract import CHOICES, HEAD_LINE, OPTIONAL, PARTS_TABLE, REQUIRED

if TYPE_CHECKING:
    from metrics.parts import Reader

FOLDER = Path(sql.__file__).resolve().parent / "kpis"
T = TypeVar("T", int, float)


class CatalogueError(ValueError):
    """A KPI file breaks the contract; the message names the file, the key and what is allowed."""


class UnknownKpi(LookupError):
    """There is no KPI of that name; the message lists those there are."""


@dataclass(frozen=True)
class Kpi:
    """One KPI as its file defines it.

    `minimum_coverage` 0 means that any coverage will do. `evidence` says what coverage counts: "tasks have a verdict".
    `missing` says why the number is unknown while nothing at all is recorded for it. `reach_days`: a day's parts also
    depend on so many days after it, and are judged only once these are over. `headline`: the slice that stands for it
    where one number does ('' = the whole; of durations a quantile). `own`: the owner's, not one of ours.
    """

    id: str
    label: str
    question: str
    definition: str
    formula: str
    unit: str
    better: str
    kind: str
    interval: str
    minimum_n: int
    slices: str | None
    slice_denominator: str
    needs: tuple[str, ...]
    sources: tuple[str, ...]
    pillar: int
    catalogue: str
    version: str
    minimum_coverage: float
    evidence: str
    missing: str | None
    reach_days: int
    headline: str
    sql: str
    own: bool = False

    @property
    def parts_table(self) -> str:
        """The table of the published file that holds this KPI's additive parts."""
        return PARTS_TABLE.get(self.kind, "kpi_daily")


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Kpi]:
    """Every KPI by id, in alphabetical order. Raises CatalogueError where a file breaks the contract."""
    return read_folder(FOLDER)


def published_kpis(published: Reader) -> dict[str, Kpi]:
    """Every KPI by the definition that made its published parts, the owner's own among them."""
    if published not in _PUBLISHED:
        rows = published.rows("SELECT kpi, definition, own FROM kpi_catalogue ORDER BY kpi", {})
        _PUBLISHED[published] = {
            row["kpi"]: kpi_from(f"{row['kpi']}.sql", row["definition"], own=bool(row["own"])) for row in rows
        }
    return _PUBLISHED[published]


# A published file never changes: what was read of it once holds as long as it is open.
_PUBLISHED: WeakKeyDictionary[Reader, dict[str, Kpi]] = WeakKeyDictionary()


def known_kpis(published: Reader | None) -> Mapping[str, Kpi]:
    """Every KPI there is: as published, else as our files define it; the owner's own only as published."""
    return catalogue() if published is None else {**catalogue(), **published_kpis(published)}


def kpi_named(kpi: str | Kpi, published: Reader | None = None) -> Kpi:
    """The KPI of that id, as published where a published file is given. Raises UnknownKpi with the ids there are."""
    if isinstance(kpi, Kpi):
        return kpi
    known = known_kpis(published)
    if kpi not in known:
        raise UnknownKpi(f"There is no KPI {kpi!r}. There are: {', '.join(known)}.")
    return known[kpi]


def read_folder(folder: Path) -> dict[str, Kpi]:
    """The KPIs of a folder of SQL files, by file name."""
    return {path.stem: read_kpi(path) for path in sorted(folder.glob("*.sql"))}


def read_kpi(path: Path) -> Kpi:
    """One KPI from its file. Raises CatalogueError naming the file and the key."""
    return kpi_from(path.name, path.read_text(encoding="utf-8"))


def kpi_from(name: str, text: str, *, own: bool = False) -> Kpi:
    """One KPI from the text of the file of that name. Raises CatalogueError naming the file and the key."""
    head = _head(name, text)
    query = "\n".join(line for line in text.splitlines() if not HEAD_LINE.match(line)).strip()
    if not query:
        raise CatalogueError(f"{name}: the SELECT is missing; add it below the head.")
    return Kpi(
        id=name.removesuffix(".sql"),
        **{key: head[key] for key in ("label", "question", "definition", "formula", "unit", "better", "kind")},
        interval=head["interval"],
        minimum_n=_number(name, head, "minimum_n", int),
        slices=None if head["slices"] == "none" else head["slices"],
        slice_denominator=head["slice_denominator"],
        needs=_names(head["needs"]),
        sources=_names(head["sources"]),
        pillar=int(head["pillar"]),
        catalogue=head["catalogue"],
        version=head["version"],
        minimum_coverage=_number(name, head, "minimum_coverage", float),
        evidence=head["evidence"],
        missing=head.get("missing"),
        reach_days=_number(name, head, "reach_days", int),
        headline=head["headline"] if head["kind"] == "quantile" else "",
        sql=query,
        own=own,
    )


def _head(name: str, text: str) -> dict[str, str]:
    """The head lines as a dictionary, checked for keys and choices."""
    head: dict[str, str] = {
        "minimum_coverage": "0",
        "evidence": "have the evidence",
        "reach_days": "0",
        "headline": "p95",
    }
    for match in filter(None, map(HEAD_LINE.match, text.splitlines())):
        key, value = match.groups()
        if key not in REQUIRED + OPTIONAL:
            raise CatalogueError(f"{name}: unknown head key {key!r}; known are {', '.join(REQUIRED + OPTIONAL)}.")
        head[key] = value.strip()
    missing = [key for key in REQUIRED if not head.get(key)]
    if missing:
        raise CatalogueError(f"{name}: the head lacks {', '.join(missing)}; add a line '-- {missing[0]}: …'.")
    for key, allowed in CHOICES.items():
        if head[key] not in allowed:
            raise CatalogueError(f"{name}: {key} is {head[key]!r}; choose one of {', '.join(allowed)}.")
    return head


def _number(name: str, head: Mapping[str, str], key: str, kind: Callable[[str], T]) -> T:
    try:
        return kind(head[key])
    except ValueError:
        raise CatalogueError(f"{name}: {key} is {head[key]!r}; give a number.") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
