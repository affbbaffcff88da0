"""python -m metrics check: whether KPI files keep the contract, on paper and on the published file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from metrics.catalogue import FOLDER, UnknownKpi, catalogue
from sql import rules
from sql.contract import KpiFile, Violation, as_file, raised, read_file, same_meaning, violations
from sql.errors import BadQuery
from sql.published import Published
from sql.rules import is_rule
from sql.trial import Trial, column_faults, day_faults, value_faults

_AT_LINE = re.compile(r" \(line (\d+)\)$")


def files_of(wanted: Sequence[str], own: Path, rules: Path | None = None) -> list[Path]:
    """The files behind ids and paths; all of ours and the owner's where none is named. Raises UnknownKpi."""
    ours = {path.stem: path for path in sorted(FOLDER.glob("*.sql"))}
    theirs = {path.stem: path for folder in (rules, own) if folder for path in sorted(folder.glob("*.sql"))}
    if not wanted:
        return [*ours.values(), *theirs.values()]
    found = []
    for name in wanted:
        path = Path(name) if name.endswith(".sql") else theirs.get(name) or ours.get(name)
        if path is None or not path.is_file():
            known = ", ".join([*ours, *theirs])
            raise UnknownKpi(f"There is no KPI {name!r}, nor such a file. There are: {known}. Own ones lie in {own}.")
        found.append(path)
    return found


def check(paths: Sequence[Path], published: Published | None) -> list[Violation]:
    """Every violation in the files, in their order; without a published file the SELECTs are not run."""
    published_texts = {} if published is None else _published_texts(published)
    sources = _known_sources(published)
    found: list[Violation] = []
    for path in paths:
        found += check_file(path, published, published_texts, sources)
    return found


def check_file(
    path: Path, published: Published | None, texts: Mapping[str, str], sources: Collection[str]
) -> list[Violation]:
    """The violations of one file."""
    try:
        file = read_file(path)
    except (OSError, UnicodeDecodeError) as error:
        return [Violation(path.name, 1, f"the file cannot be read ({error}).", "Save it as UTF-8 text.")]
    if is_rule(file):
        return _rule_faults(file, published)
    ours = path.resolve().parent == FOLDER
    found = [*violations(file, () if ours else list(catalogue())), *_sources(file, sources)]
    if file.id in texts:
        found += _version(file, as_file(path.name, texts[file.id]))
    if not found and published is not None:
        found += try_out(file, published)
    return found


def _rule_faults(file: KpiFile, published: Published | None) -> list[Violation]:
    """The violations of a rule's file."""
    found = rules.violations(file)
    if found or published is None:
        return found
    with Trial(published) as trial:
        return rules.faults_on_published(trial, rules.Rule(file))


def try_out(file: KpiFile, published: Published) -> Iterator[Violation]:
    """What the SELECT gives on the published file that its parts may not be."""
    with Trial(published) as trial:
        try:
            trial.make(file.select)
        except BadQuery as error:
            yield file.breaks(_line(error.message, file), f"DuckDB refused it: {error.message}", "Mend the SELECT.")
            return
        columns = {str(row["column_name"]): str(row["column_type"]) for row in trial.rows("DESCRIBE own_parts")}
        faults = list(column_faults(file, columns))
        yield from faults
        if not faults:
            yield from value_faults(file, columns, trial.rows, "own_parts")
            yield from day_faults(file, columns, trial.rows, "own_parts")


def _version(file: KpiFile, before: KpiFile) -> Iterator[Violation]:
    """A definition that changed under the version by which its numbers are known."""
    if not same_meaning(file, before) and not raised(file, before):
        version = before.head.get("version", "")
        yield file.breaks(
            file.lines.get("version", 1),
            f"the definition differs from the published one, which is version {version}, and version was not raised.",
            "Raise version: numbers already seen are then restated, and the former ones stay under their own name.",
        )


def _sources(file: KpiFile, known: Collection[str]) -> Iterator[Violation]:
    named = [name.strip() for name in file.head.get("sources", "").split(",") if name.strip()]
    for name in named:
        if name not in known:
            yield file.breaks(
                file.lines["sources"], f"sources names {name!r}.", f"Known are {', '.join(sorted(known))}."
            )


def _known_sources(published: Published | None) -> set[str]:
    """The sources that our KPIs name or that were read."""
    rows: list[dict[str, Any]] = [] if published is None else published.rows("SELECT DISTINCT source FROM cursors")
    return {source for kpi in catalogue().values() for source in kpi.sources} | {row["source"] for row in rows}


def _published_texts(published: Published) -> dict[str, str]:
    """The definitions by which the published parts were made; none in a file of an older version."""
    rows = published.rows("SELECT * FROM kpi_catalogue")
    return {row["kpi"]: row["definition"] for row in rows if row.get("definition")}


def _line(message: str, file: KpiFile) -> int:
    match = _AT_LINE.search(message)
    return int(match[1]) if match else file.select_line
