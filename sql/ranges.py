"""Which stretches of time of a scope have been read: data beside the rows, written in their transaction.

A stretch is half-open, in naive UTC. States: `asked` (by a backfill), `read` (to exhaustion), `unreadable` (AWS refuses
it for good, with the remedy). Those of one scope and state never overlap or touch: the table stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import Any, Literal

import duckdb

from sql.models import folder
from sql.rows import Scope

State = Literal["asked", "read", "unreadable"]
Stretch = tuple[datetime, datetime]
_PLACE = "source = ? AND account_id = ? AND region = ? AND scope = ?"


@dataclass(frozen=True)
class Refusal:
    """Why a stretch cannot be read, and what to do about it."""

    error_code: str
    error_message: str
    remedy: str


class Ranges:
    """The stretches of every scope. What writes is called inside a transaction of the warehouse."""

    def __init__(self, con: duckdb.DuckDBPyConnection, one_at_a_time: RLock) -> None:
        self._con = con
        self._one_at_a_time = one_at_a_time

    def of(self, scope: Scope, state: State) -> list[Stretch]:
        """The stretches of one state, in order."""
        return self._known(scope)[state]

    def note_read(self, scope: Scope, start: datetime, end: datetime, held: datetime) -> list[Stretch]:
        """A window has been read; what lies after `held` is to be read again. Returns all that has been read."""
        known = self._known(scope)
        read = without(with_more(known["read"], start, end), held, end)
        self._change(scope, "read", known["read"], read)
        if known["unreadable"]:
            self.take(scope, "unreadable", start, end)
        return read

    def add(self, scope: Scope, state: State, start: datetime, end: datetime, why: Refusal | None = None) -> None:
        """Add a stretch to those of its state, as one with all that it meets. `why` is that of the whole."""
        known = self.of(scope, state)
        self._change(scope, state, known, with_more(known, start, end), why)

    def take(self, scope: Scope, state: State, start: datetime, end: datetime) -> None:
        """Take a stretch away from those of a state."""
        known = self.of(scope, state)
        why = self.refusal(scope) if state == "unreadable" else None
        self._change(scope, state, known, without(known, start, end), why)

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why part of the scope cannot be read, as it was said last; None where all can."""
        with self._one_at_a_time:
            row = self._con.execute(
                f"""SELECT error_code, error_message, remedy FROM ops.ranges
                    WHERE {_PLACE} AND state = 'unreadable' ORDER BY to_at DESC LIMIT 1""",
                _place(scope),
            ).fetchone()
        return None if row is None else Refusal(*row)

    def open_scopes(self) -> list[Scope]:
        """Every scope of which something that was asked for has neither been read nor refused."""
        places = ((row, row["left_s"]) for row in self.progress())
        return [Scope(row["source"], row["account_id"], row["region"], row["scope"]) for row, left in places if left]

    def progress(self) -> list[dict[str, Any]]:
        """Every scope that a backfill asked for: seconds asked for and left, and where they begin and end."""
        return self._dicts(
            f"""WITH gaps AS ({folder("operations")["gaps"].sql}),
                left_over AS (
                    SELECT source, account_id, region, scope, sum(epoch(to_at - from_at)) AS left_s
                    FROM gaps WHERE reason = 'backfill' GROUP BY ALL)
                SELECT source, account_id, region, scope, min(from_at) AS from_at, max(to_at) AS to_at,
                    sum(epoch(to_at - from_at)) AS asked_s, coalesce(any_value(left_s), 0) AS left_s
                FROM ops.ranges LEFT JOIN left_over USING (source, account_id, region, scope)
                WHERE state = 'asked' GROUP BY ALL ORDER BY ALL"""
        )

    def gaps(self) -> list[dict[str, Any]]:
        """What has not been read although it should be, and why."""
        return self._dicts(folder("operations")["gaps"].sql)

    def _dicts(self, query: str) -> list[dict[str, Any]]:
        with self._one_at_a_time:
            result = self._con.execute(query)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _known(self, scope: Scope) -> dict[State, list[Stretch]]:
        with self._one_at_a_time:
            rows = self._con.execute(
                f"SELECT state, from_at, to_at FROM ops.ranges WHERE {_PLACE} ORDER BY from_at", _place(scope)
            ).fetchall()
        found: dict[State, list[Stretch]] = {"asked": [], "read": [], "unreadable": []}
        for state, start, end in rows:
            found[state].append((start, end))
        return found

    def _change(
        self, scope: Scope, state: State, old: list[Stretch], new: list[Stretch], why: Refusal | None = None
    ) -> None:
        """Write the difference: most often one stretch that has grown."""
        gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
        if why is None and len(gone) == len(come) == 1:
            self._con.execute(
                f"UPDATE ops.ranges SET from_at = ?, to_at = ? WHERE {_PLACE} AND state = ? AND from_at = ?",
                [*come[0], *_place(scope), state, gone[0][0]],
            )
            return
        for start, _ in gone:
            self._con.execute(
                f"DELETE FROM ops.ranges WHERE {_PLACE} AND state = ? AND from_at = ?", [*_place(scope), state, start]
            )
        said = (None, None, None) if why is None else (why.error_code, why.error_message, why.remedy)
        for each in come:
            self._con.execute(
                "INSERT INTO ops.ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*_place(scope), state, *each, *said]
            )


def with_more(stretches: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """The stretches and one more, as one with all that it meets, in order."""
    apart = []
    for each in stretches:
        if each[0] <= end and start <= each[1]:
            start, end = min(start, each[0]), max(end, each[1])
        else:
            apart.append(each)
    return sorted([*apart, (start, end)])


def without(stretches: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """What is left of the stretches outside another one, in order."""
    if start >= end:
        return list(stretches)
    pieces = (part for a, b in stretches for part in ((a, min(b, start)), (max(a, end), b)))
    return [part for part in pieces if part[0] < part[1]]


def _place(scope: Scope) -> list[object]:
    return [scope.source, scope.account_id, scope.region, scope.name]
