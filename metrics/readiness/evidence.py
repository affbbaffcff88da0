"""The evidence of every criterion and agent, read once for every published file and kept beside it.

It costs a fifth of what the portfolio costs at first, and depends on the file alone: waivers, day and viewer come
afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from metrics.model import NOT_REAL_WORK, Access
from metrics.readiness.criteria import criteria, window_sql
from metrics.readiness.model import Window
from metrics.readiness.score import default_window, evidence_of
from sql import beside
from sql.errors import HomeNotWritable
from sql.published import Published, newest_version, open_published

Row = dict[str, Any]
Evidence = Mapping[str, list[Row]]
FORMAT = 1


def everything(published: Published) -> Evidence:
    """The rows of every criterion over the last 28 complete days, of all agents."""
    window = default_window(published)
    return {each.id: evidence_of(published, each, window, Access.everything()) for each in criteria().values()}


def load(home: Path, published: Published) -> Evidence | None:
    """What is kept of this file; None where nothing is, or where the criteria are not those it was read by."""
    found = beside.newest(home, "readiness")
    if found is None or found[0] != published.version or not isinstance(found[1], dict):
        return None
    kept = found[1]
    if (kept.get("format"), kept.get("read_by")) != (FORMAT, _read_by(default_window(published))):
        return None
    rows: Evidence = kept["evidence"]
    return rows


def keep(home: Path, published: Published) -> Evidence:
    """The evidence of this file, read unless it is kept already, and kept where the home can be written to."""
    known = load(home, published)
    if known is not None:
        return known
    made = everything(published)
    document = {"format": FORMAT, "read_by": _read_by(default_window(published)), "evidence": made}
    with suppress(HomeNotWritable):  # then it is read again by the next process
        beside.write(home, "readiness", published.version, document)
    return made


def refresh(home: Path) -> None:
    """Keep the evidence of the newest published file. Raises NotPublished or OlderPublished."""
    newest = beside.newest(home, "readiness")
    if newest is not None and newest[0] == newest_version(home):
        return
    with closing(open_published(home)) as published:
        keep(home, published)


def _read_by(window: Window) -> str:
    """A fingerprint of the criteria, of what stands around them and of the days."""
    texts = [window_sql(), *(each.sql for each in criteria().values()), repr(NOT_REAL_WORK), repr(window)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
