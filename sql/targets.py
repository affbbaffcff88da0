"""The history of targets: one that ledger.toml no longer says keeps the days on which it was in force.

A target that is changed in place (the same `from`, another value) holds from the day of the change on; one with a later
`from` holds from then. A correction on the day a target was first given leaves no history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from sql.config import Target

COLUMNS = "agent_id, kpi, target, limit_kind, given_from, given_to, given_on, valid_from, valid_to, withdrawn_on"


@dataclass(frozen=True)
class Kept:
    """A target with the days on which it was in force. `given_*` is what the settings said, `given_on` since when."""

    agent_id: str
    kpi: str
    target: float
    limit_kind: str
    given_from: date
    given_to: date | None
    given_on: date | None
    valid_from: date
    valid_to: date | None
    withdrawn_on: date | None = None

    def is_that(self, given: Target) -> bool:
        """Whether the settings still say this target, perhaps with another end."""
        mine = (self.agent_id, self.kpi, self.target, self.limit_kind, self.given_from)
        return mine == (given.agent_id, given.kpi, given.target, given.limit_kind, given.valid_from)


def remember(con: duckdb.DuckDBPyConnection, given: Sequence[Target], today: date) -> None:
    """Bring the history up to what the settings say today. Call inside a transaction."""
    before = [Kept(*row) for row in con.execute(f"SELECT {COLUMNS} FROM ops.target_history ORDER BY ALL").fetchall()]
    after = history(before, given, today)
    if after != before:
        con.execute("DELETE FROM ops.target_history")
        for each in after:
            con.execute(
                f"INSERT INTO ops.target_history ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                list(each.__dict__.values()),
            )


def history(before: Iterable[Kept], given: Sequence[Target], today: date) -> list[Kept]:
    """The targets with their days, after the settings have said `given` on the day `today`."""
    kept: list[Kept] = []
    gone: list[Kept] = []
    said: list[Target] = []
    for each in before:
        again = next((target for target in given if each.withdrawn_on is None and each.is_that(target)), None)
        if again is not None:
            said.append(again)
            kept.append(replace(each, given_to=again.valid_to, valid_to=again.valid_to))
        elif each.withdrawn_on is None:
            gone.append(each)
        else:
            kept.append(each)
    new = [target for target in given if target not in said]
    ended = [end for each in gone if (end := _ended(each, new, today)) is not None]
    return sorted([*kept, *ended, *(_begun(target, ended, today) for target in new)], key=str)


def _ended(each: Kept, new: Sequence[Target], today: date) -> Kept | None:
    """A target that is said no more: to the day of what follows it, else to today; None if it never held."""
    if each.given_on == today:
        return None
    follows = [t.valid_from for t in new if (t.agent_id, t.kpi) == (each.agent_id, each.kpi)]
    ends = [min((day for day in follows if day > each.valid_from), default=today)]
    ends += [each.valid_to] if each.valid_to is not None else []
    return replace(each, valid_to=min(ends), withdrawn_on=today) if min(ends) > each.valid_from else None


def _begun(target: Target, ended: Sequence[Kept], today: date) -> Kept:
    """A target said for the first time; one that replaces another of the same days holds from today on."""
    replaced = any(
        (each.agent_id, each.kpi) == (target.agent_id, target.kpi)
        and target.valid_from <= each.valid_from
        and each.valid_to == today
        for each in ended
    )
    first = max(today, target.valid_from) if replaced else target.valid_from
    given = (target.valid_from, target.valid_to, today)
    return Kept(target.agent_id, target.kpi, target.target, target.limit_kind, *given, first, target.valid_to)
