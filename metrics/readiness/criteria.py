"""The registry of criteria: one file each in sql/criteria, with what it asks for and the SELECT of its evidence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import sql
from sql.contract import HEAD_LINE

FOLDER = Path(sql.__file__).resolve().parent / "criteria"
# How a part is judged, and from how many cases on where its file does not say.
METHODS = {
    "exists": 1, "census": 30, "interval": 1, "ratio": 1, "value": 1, "count": 1, "half_width": 30, "agreement": 50,
    "certified": 1,
}  # fmt: skip
REQUIRED = ("label", "question", "pillar", "star", "part", "do_next", "version")
_LIMIT = re.compile(r"(>=|<=) (\d+(?:\.\d+)?(?:/\d+)?)")


class CriterionError(ValueError):
    """A criterion's file breaks the contract; the message names the file and what is allowed."""


@dataclass(frozen=True)
class Part:
    """One thing that a criterion asks for: `words` say what is counted, `missing` how to record what nothing does."""

    id: str
    method: str
    minimum_n: int
    at_least: bool
    limit: float
    words: str
    missing: str


@dataclass(frozen=True)
class Criterion:
    """One criterion as its file defines it; `sql` gives the evidence, a row per agent and part."""

    id: str
    label: str
    question: str
    pillar: int
    star: bool
    parts: tuple[Part, ...]
    do_next: str
    version: str
    sql: str


@lru_cache(maxsize=1)
def criteria() -> Mapping[str, Criterion]:
    """Every criterion by id, in order. Raises CriterionError where a file breaks the contract."""
    return {path.stem: read_criterion(path.name, path.read_text("utf-8")) for path in sorted(FOLDER.glob("P*.sql"))}


@lru_cache(maxsize=1)
def window_sql() -> str:
    """The SELECT around every criterion: what its tables hold."""
    return (FOLDER / "window.sql").read_text("utf-8").strip()


def read_criterion(name: str, text: str) -> Criterion:
    """A criterion from the text of the file of that name."""
    head: dict[str, str] = {}
    parts: list[Part] = []
    for key, value in (match.groups() for match in map(HEAD_LINE.match, text.splitlines()) if match):
        if key not in REQUIRED:
            raise CriterionError(f"{name}: unknown head key {key!r}; known are {', '.join(REQUIRED)}.")
        if key == "part":
            parts.append(_part(name, value))
        head[key] = value.strip()
    missing = [key for key in REQUIRED if not head.get(key)]
    if missing:
        raise CriterionError(f"{name}: the head lacks {', '.join(missing)}.")
    if head["pillar"] not in "1234" or head["star"] not in ("yes", "no"):
        raise CriterionError(f"{name}: pillar is 1 to 4 and star is yes or no.")
    body = "\n".join(line for line in text.splitlines() if not HEAD_LINE.match(line)).strip()
    return Criterion(
        name.removesuffix(".sql"), head["label"], head["question"], int(head["pillar"]), head["star"] == "yes",
        tuple(parts), head["do_next"], head["version"], body,
    )  # fmt: skip


def _part(name: str, text: str) -> Part:
    """`id | method [minimum n] | >= or <= limit | what is counted | what to do where nothing records it`."""
    fields = [field.strip() for field in text.split("|")]
    method, _, least = fields[1].partition(" ") if len(fields) == 5 else ("", "", "")
    limit = _LIMIT.fullmatch(fields[2]) if len(fields) == 5 else None
    if method not in METHODS or not all(fields[3:]) or (limit is None and method not in ("exists", "certified")):
        allowed = f"one of {', '.join(METHODS)}"
        raise CriterionError(
            f"{name}: part {text!r} is not `id | method | >= limit | words | remedy`; method is {allowed}."
        )
    share = float(Fraction(limit.group(2))) if limit else math.nan
    at_least = limit is None or limit.group(1) == ">="
    return Part(fields[0], method, int(least or METHODS[method]), at_least, share, fields[3], fields[4])
