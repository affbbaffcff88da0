"""Which definitions are in force: ours and the owner's own, with their versions, and what was refused and why.

A file of the owner's that breaks the contract is refused with its reason and stops nothing: the definition that was in
force before stays, where there was one. A definition that says something else needs a greater version; ours are taken
all the same, and marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

import duckdb

from sql import restating
from sql.contract import KpiFile, as_file, raised, same_meaning, violations
from sql.models import Model, folder, model_of, sources_digest

# Definitions that gave way, by KPI and version.
Past = Mapping[tuple[str, str], KpiFile]


class BrokenOwn(Exception):
    """A file of the owner's that broke while its rows were made. The build is taken back and made without it."""

    def __init__(self, kind: str, name: str, text: str, reason: str) -> None:
        super().__init__(f"{kind} {name}: {reason}")
        self.kind, self.name, self.text, self.reason = kind, name, text, reason


@dataclass(frozen=True)
class Definition:
    """A KPI's file, and whose it is."""

    file: KpiFile
    own: bool

    @property
    def version(self) -> str:
        """The version that its head says."""
        return self.file.head.get("version", "")


@dataclass
class Settled:
    """What a build goes by. `own`: the files of the owner's KPIs.

    `anew`: KPIs whose parts of all days are made again; `versions`: former and present version of what changed.
    """

    models: dict[str, Model]
    own: dict[str, KpiFile]
    anew: set[str] = field(default_factory=set)
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def made_anew(self) -> dict[str, Model]:
        """The models of `anew`."""
        return {kpi: model for kpi, model in self.models.items() if kpi in self.anew}


def in_force(con: duckdb.DuckDBPyConnection) -> dict[str, Definition]:
    """The definitions that made the parts as they stand, by KPI."""
    rows = con.execute(
        "SELECT kpi, definition, own FROM ops.kpi_versions WHERE superseded_at IS NULL ORDER BY kpi"
    ).fetchall()
    return {kpi: Definition(_file(kpi, text), own) for kpi, text, own in rows}


def former(con: duckdb.DuckDBPyConnection) -> list[Definition]:
    """The definitions that gave way to those in force; none of a KPI that is gone."""
    rows = con.execute(
        """SELECT kpi, definition, own FROM ops.kpi_versions
           WHERE superseded_at IS NOT NULL AND kpi IN (SELECT kpi FROM ops.kpi_versions WHERE superseded_at IS NULL)
           ORDER BY kpi, superseded_at"""
    ).fetchall()
    return [Definition(_file(kpi, text), own) for kpi, text, own in rows]


def model(definition: Definition) -> Model:
    """A definition as the build runs it."""
    return model_of(Path(definition.file.name), definition.file.text)


def settle(con: duckdb.DuckDBPyConnection, now: datetime, through: str | None) -> Settled:
    """Compare what is offered with what is in force, and put the changes into the books.

    Parts that have been shown (up to `through`) and whose definition gives way are kept under its version. Call inside
    a transaction, with the part tables there.
    """
    current, past = in_force(con), _past(con)
    offered = {kpi: Definition(file, False) for kpi, file in _ours().items()} | _own(con, now, current, past)
    models = {kpi: model(each) for kpi, each in offered.items()}
    settled = Settled(models, {kpi: each.file for kpi, each in offered.items() if each.own})
    books = _Books(con, now, through, past)
    for kpi in current.keys() - offered.keys():
        books.end(kpi, current[kpi])
        restating.drop_parts(con, [kpi])
    for kpi, after in offered.items():
        before = current.get(kpi)
        if before == after:
            continue
        if before is not None and not _changed(after.file, before.file):
            books.say_otherwise(kpi, after)
            continue
        settled.anew.add(kpi)
        if before is not None:
            settled.versions[kpi] = (before.version, after.version)
            books.end(kpi, before)
        books.begin(kpi, after, before)
    books.close()
    return settled


def refuse(con: duckdb.DuckDBPyConnection, broken: BrokenOwn, now: datetime) -> None:
    """Remember a file that broke while its rows were made, until its text or the program changes."""
    con.execute(
        "INSERT INTO ops.refused_files VALUES (?, ?, ?, ?, ?, ?)",
        [broken.kind, broken.name, broken.text, broken.reason, sources_digest(), now],
    )


@dataclass(frozen=True)
class Refusal:
    """A file that cannot be taken. `digest` is given where it broke in a build: of the program that tried it."""

    name: str
    text: str | None
    reason: str
    digest: str | None = None


class Refusals:
    """The refused files of one kind: those that broke in a build of this program, and what is found now."""

    def __init__(self, con: duckdb.DuckDBPyConnection, kind: str) -> None:
        self._con, self._kind = con, kind
        rows = con.execute(
            "SELECT name, text, reason, digest FROM ops.refused_files WHERE kind = ? ORDER BY ALL", [kind]
        ).fetchall()
        self._before = [Refusal(*row) for row in rows]
        self.broke = {(each.name, each.text): each for each in self._before if each.digest == sources_digest()}
        self.found: list[Refusal] = []

    def add(self, name: str, text: str | None, reason: str) -> None:
        """Refuse a file."""
        self.found.append(self.broke.get((name, text)) or Refusal(name, text, reason))

    def save(self, now: datetime) -> None:
        """Put what was found in place of what was known, where they differ."""
        if set(self.found) == set(self._before):
            return
        self._con.execute("DELETE FROM ops.refused_files WHERE kind = ?", [self._kind])
        for each in self.found:
            row = [self._kind, each.name, each.text, each.reason, each.digest, now]
            self._con.execute("INSERT INTO ops.refused_files VALUES (?, ?, ?, ?, ?, ?)", row)


@cache
def _ours() -> Mapping[str, KpiFile]:
    return {name: _file(name, each.path.read_text(encoding="utf-8")) for name, each in folder("kpis").items()}


@lru_cache(maxsize=500)
def _file(name: str, text: str) -> KpiFile:
    return as_file(f"{name}.sql", text)


@lru_cache(maxsize=500)
def _faults(name: str, text: str) -> str | None:
    return "\n".join(map(str, violations(_file(name, text), tuple(folder("kpis"))))) or None


def _past(con: duckdb.DuckDBPyConnection) -> Past:
    """Every definition that was once in force, by KPI and version."""
    rows = con.execute(
        "SELECT kpi, version, definition FROM ops.kpi_versions WHERE superseded_at IS NOT NULL"
    ).fetchall()
    return {(kpi, version): _file(kpi, text) for kpi, version, text in rows}


def _own(
    con: duckdb.DuckDBPyConnection, now: datetime, current: Mapping[str, Definition], past: Past
) -> dict[str, Definition]:
    """The owner's KPIs as they can be taken; what cannot is written down with the reason."""
    given = con.execute("SELECT name, text, fault FROM config.own_files WHERE kind = 'kpi' ORDER BY name").fetchall()
    refusals = Refusals(con, "kpi")
    taken: dict[str, Definition] = {}
    for name, text, fault in given:
        before = current.get(name)
        reason = fault or _faults(name, text) or _version_fault(_file(name, text), before, past)
        if reason is None and (name, text) not in refusals.broke:
            taken[name] = Definition(_file(name, text), True)
            continue
        refusals.add(name, text, reason or "")
        if before is not None and before.own and (name, before.file.text) not in refusals.broke:
            taken[name] = before
    refusals.save(now)
    return taken


def _version_fault(file: KpiFile, before: Definition | None, past: Past) -> str | None:
    version, line = file.head.get("version", ""), file.lines.get("version", 1)
    mend = "Raise version: numbers already seen are then restated, and the former ones stay under their own name."
    if before is not None and _changed(file, before.file) and not raised(file, before.file):
        what = f"the definition differs from the one in force, which is version {before.version}."
        return str(file.breaks(line, what, mend))
    once = past.get((file.id, version))
    if once is not None and not same_meaning(file, once):
        return str(file.breaks(line, f"version {version} was another definition once.", mend))
    return None


def _changed(file: KpiFile, before: KpiFile) -> bool:
    return file.head.get("version") != before.head.get("version") or not same_meaning(file, before)


class _Books:
    """The changes of one build in ops.kpi_versions, and the parts kept under versions that gave way."""

    def __init__(self, con: duckdb.DuckDBPyConnection, now: datetime, through: str | None, past: Past) -> None:
        self._con, self._now, self._through, self._past = con, now, through, past
        self._new: list[list[object]] = []

    def end(self, kpi: str, before: Definition) -> None:
        """End a definition, and keep what was shown of it."""
        self._con.execute(
            "UPDATE ops.kpi_versions SET superseded_at = ? WHERE kpi = ? AND superseded_at IS NULL", [self._now, kpi]
        )
        restating.keep(self._con, kpi, before.version, self._through)

    def say_otherwise(self, kpi: str, after: Definition) -> None:
        """The same definition in other words."""
        self._con.execute(
            "UPDATE ops.kpi_versions SET definition = ?, own = ? WHERE kpi = ? AND superseded_at IS NULL",
            [after.file.text, after.own, kpi],
        )

    def begin(self, kpi: str, after: Definition, before: Definition | None) -> None:
        """A definition in place of another, or the first one."""
        if before is not None or (kpi, after.version) in self._past:
            restating.forget(self._con, kpi, after.version)
            self._con.execute("DELETE FROM ops.kpi_versions WHERE kpi = ? AND version = ?", [kpi, after.version])
        unraised = before is not None and not raised(after.file, before.file)
        self._new.append([kpi, after.version, after.file.text, after.own, unraised, self._now])

    def close(self) -> None:
        """Write what is new, in one statement."""
        if self._new:
            marks = ", ".join("(?, ?, ?, ?, ?, ?, NULL)" for _ in self._new)
            self._con.execute(
                f"INSERT INTO ops.kpi_versions VALUES {marks}", [value for row in self._new for value in row]
            )
