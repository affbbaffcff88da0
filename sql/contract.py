"""What a KPI file promises, and what breaks the promise: one line each, with the place and how to mend it.

The catalogue, the build and `python -m metrics check` hold files to this one contract.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sql.statement import Found, look_into

CHOICES: dict[str, tuple[str, ...]] = {
    "unit": ("ratio", "count", "usd", "ms", "tokens", "index"),
    "better": ("higher", "lower", "none"),
    "kind": (
        "ratio", "weighted_ratio", "accuracy", "mean", "cost_ratio", "count", "sum", "quantile", "pass_k", "agreement",
        "precision_recall", "calibration", "mix",
    ),
    "interval": (
        "wilson", "weighted_wilson", "clustered_wilson", "log_delta", "fieller", "binomial_ranks", "group_bootstrap",
        "clopper_pearson", "monte_carlo", "kappa", "bootstrap", "none",
    ),
    "slice_denominator": ("own", "total"),
    "pillar": ("1", "2", "3", "4"),
    "headline": ("p50", "p95", "p99"),
}  # fmt: skip
REQUIRED = (
    "label", "question", "definition", "formula", "unit", "better", "kind", "interval", "minimum_n", "slices",
    "slice_denominator", "needs", "sources", "pillar", "catalogue", "version",
)  # fmt: skip
OPTIONAL = ("minimum_coverage", "evidence", "missing", "reach_days", "headline")
# How an interval can be made of each kind's parts.
INTERVALS_OF: dict[str, tuple[str, ...]] = {
    "ratio": ("wilson", "clustered_wilson", "clopper_pearson", "none"),
    "weighted_ratio": ("weighted_wilson", "none"),
    "accuracy": ("weighted_wilson",),
    "mean": ("log_delta", "none"),
    "cost_ratio": ("fieller", "none"),
    "count": ("none",),
    "sum": ("monte_carlo", "none"),
    "quantile": ("binomial_ranks",),
    "pass_k": ("group_bootstrap",),
    "agreement": ("kappa",),
    "precision_recall": ("wilson",),
    "calibration": ("bootstrap",),
    "mix": ("none",),
}
PARTS_TABLE = {"quantile": "latency_buckets", "pass_k": "kpi_groups"}
# What a KPI may read: the marts that are built by the day, and those without days, whole.
DAILY = ("tasks", "model_calls", "tool_calls", "spans", "escalations", "guardrail_checks", "actions", "handovers")
# The calls of a day, task by task: sql/by_task.
BY_TASK = ("calls_by_task", "tools_by_task")
WHOLE = ("labels", "agents")
HEAD_LINE = re.compile(r"^-- ([a-z_]+): (.*)$")
GOOD_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
# What of the head decides the numbers, beside the SELECT.
MEANING = ("kind", "slices", "slice_denominator", "reach_days", "unit")
_VERSION = re.compile(r"\d+(\.\d+)*")
_NUMBERS: dict[str, tuple[str, float, float]] = {
    "minimum_n": (r"\d+", 1, 1_000_000),
    "minimum_coverage": (r"\d*\.?\d+", 0, 1),
    "reach_days": (r"\d+", 0, 92),
}


@dataclass(frozen=True)
class Violation:
    """One broken promise of a file: where, what, and how to mend it."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} {self.mend}"


@dataclass(frozen=True)
class KpiFile:
    """A KPI file as text: its head with the line of each key, and its SELECT with the line where that begins."""

    name: str
    id: str
    text: str
    head: Mapping[str, str]
    lines: Mapping[str, int]
    select: str
    select_line: int

    def breaks(self, line: int, what: str, mend: str) -> Violation:
        """A violation in this file."""
        return Violation(self.name, line, what, mend)


def read_file(path: Path) -> KpiFile:
    """The file at `path`, whatever state it is in. Raises OSError or UnicodeDecodeError where it cannot be read."""
    return as_file(path.name, path.read_text(encoding="utf-8"))


def as_file(name: str, text: str) -> KpiFile:
    """A file of that name with this text."""
    head: dict[str, str] = {}
    lines: dict[str, int] = {}
    rest: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = HEAD_LINE.match(line)
        if match:
            key, value = match.groups()
            head.setdefault(key, value.strip())
            lines.setdefault(f"{key} again" if key in lines else key, number)
        rest.append("" if match else line)
    begins = next((number for number, line in enumerate(rest, 1) if line and not line.startswith("--")), 1)
    return KpiFile(name, Path(name).stem, text, head, lines, "\n".join(rest), begins)


def same_meaning(one: KpiFile, other: KpiFile) -> bool:
    """Whether two files give the same numbers for all that their texts tell; comments and spacing do not count."""
    return _bare(one.select) == _bare(other.select) and all(one.head.get(key) == other.head.get(key) for key in MEANING)


def raised(new: KpiFile, old: KpiFile) -> bool:
    """Whether the version of `new` is greater than that of `old`."""
    return version_order(new.head.get("version", "")) > version_order(old.head.get("version", ""))


def version_order(version: str) -> tuple[int, ...]:
    """Versions as they follow each other: 2, 2.1, 10."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _bare(select: str) -> str:
    lines = (line for line in select.splitlines() if not line.lstrip().startswith("--"))
    return " ".join(" ".join(lines).split())


def violations(file: KpiFile, shipped: Collection[str] = ()) -> list[Violation]:
    """What can be said of the file without any data. `shipped`: ids that are taken."""
    return [*_id(file, shipped), *_keys(file), *_values(file), *_select(file)]


def _id(file: KpiFile, shipped: Collection[str]) -> Iterator[Violation]:
    if not GOOD_ID.fullmatch(file.id):
        yield file.breaks(
            1, f"{file.id!r} is no id.", "Name the file with 2 to 40 small letters, digits and underscores."
        )
    if file.id in shipped:
        yield file.breaks(1, f"{file.id} is a KPI of Agent Ledger.", "Give the file another name: ids are unique.")


def _keys(file: KpiFile) -> Iterator[Violation]:
    for key, line in file.lines.items():
        if key.endswith(" again"):
            yield file.breaks(line, f"{key.removesuffix(' again')} is given twice.", "Leave one of the lines.")
        elif key not in REQUIRED + OPTIONAL:
            yield file.breaks(line, f"unknown head key {key!r}.", f"Known are {', '.join(REQUIRED + OPTIONAL)}.")
    for key in REQUIRED:
        if not file.head.get(key):
            yield file.breaks(file.lines.get(key, 1), f"the head lacks {key}.", f"Add a line '-- {key}: …'.")


def _values(file: KpiFile) -> Iterator[Violation]:
    for key, allowed in CHOICES.items():
        value = file.head.get(key)
        if value and value not in allowed:
            yield file.breaks(file.lines[key], f"{key} is {value!r}.", f"Choose one of {', '.join(allowed)}.")
    intervals = INTERVALS_OF.get(file.head.get("kind", ""), ())
    interval = file.head.get("interval")
    if intervals and interval in CHOICES["interval"] and interval not in intervals:
        mend = f"Choose one of {', '.join(intervals)}."
        yield file.breaks(file.lines["interval"], f"a {file.head['kind']} has no {interval} interval.", mend)
    for key, (form, least, most) in _NUMBERS.items():
        value = file.head.get(key)
        if value and (not re.fullmatch(form, value) or not least <= float(value) <= most):
            yield file.breaks(
                file.lines[key], f"{key} is {value!r}.", f"Give a number from {least:g} to {most:,g}.".replace(",", " ")
            )
    version = file.head.get("version")
    if version and not _VERSION.fullmatch(version):
        yield file.breaks(file.lines["version"], f"version is {version!r}.", "Give a number such as 1 or 2.1.")


def _select(file: KpiFile) -> Iterator[Violation]:
    """One single SELECT over the marts that KPIs may read, the ones that `needs` names."""
    if not file.select.strip():
        yield file.breaks(1, "the SELECT is missing.", "Add it below the head.")
        return
    found = look_into(file.select)
    yield from select_faults(file, found, DAILY + BY_TASK + WHOLE)
    named = {name.strip() for name in file.head.get("needs", "").split(",") if name.strip()}
    if found.fault or not file.head.get("needs"):
        return
    line = file.lines["needs"]
    for name in sorted(named - set(DAILY + BY_TASK + WHOLE)):
        yield file.breaks(line, f"needs names {name!r}.", f"A KPI can read {', '.join(DAILY + BY_TASK + WHOLE)}.")
    read = set(found.tables) & set(DAILY + BY_TASK + WHOLE)
    for name in sorted(read - named):
        yield file.breaks(line, f"the SELECT reads {name}, which needs does not name.", "Add it to needs.")
    for name in sorted((named & set(DAILY + BY_TASK + WHOLE)) - read):
        yield file.breaks(line, f"needs names {name}, which the SELECT does not read.", "Take it out of needs.")


def select_faults(file: KpiFile, found: Found, tables: Collection[str]) -> Iterator[Violation]:
    """What the SELECT may not hold: other statements, other tables, files, functions without a steady answer."""
    if found.fault:
        yield file.breaks(max(found.fault_line, 1), found.fault, "Write one single SELECT.")
    for name, line in found.tables.items():
        if name not in tables:
            yield file.breaks(line, f"the SELECT reads {name!r}.", f"It can read {', '.join(tables)}.")
    for name, line in found.functions.items():
        yield file.breaks(line, f"{name}() is not allowed here.", found.reason(name))
