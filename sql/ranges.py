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
        with self._one_at_a_time:
            return [
                (start, end)
                for start, end in self._con.execute(
                    f"SELECT from_at, to_at FROM ops.ranges WHERE {_PLACE} AND state = ? ORDER BY from_at",
                    [*_place(scope), state],
                ).fetchall()
            ]

    def add(self, scope: Scope, state: State, start: datetime, end: datetime, why: Refusal | None = None) -> None:
        """Add a stretch to those of its state, as one with all that it meets. `why` is that of the whole."""
        met = [each for each in self.of(scope, state) if each[0] <= end and start <= each[1]]
        start, end = min([start, *(each[0] for each in met)]), max([end, *(each[1] for each in met)])
        self._remove(scope, state, met)
        self._insert(scope, state, [(start, end)], why)

    def take(self, scope: Scope, state: State, start: datetime, end: datetime) -> None:
        """Take a stretch away from those of a state."""
        met = [each for each in self.of(scope, state) if each[0] < end and start < each[1]]
        if not met or start >= end:
            return
        why = self.refusal(scope) if state == "unreadable" else None
        rest = [part for a, b in met for part in ((a, min(b, start)), (max(a, end), b)) if part[0] < part[1]]
        self._remove(scope, state, met)
        self._insert(scope, state, rest, why)

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

    def _remove(self, scope: Scope, state: State, met: Iterable[Stretch]) -> None:
        for start, _ in met:
            self._con.execute(
                f"DELETE FROM ops.ranges WHERE {_PLACE} AND state = ? AND from_at = ?", [*_place(scope), state, start]
            )

    def _insert(self, scope: Scope, state: State, stretches: Iterable[Stretch], why: Refusal | None) -> None:
        said = (None, None, None) if why is None else (why.error_code, why.error_message, why.remedy)
        for start, end in stretches:
            self._con.execute(
                "INSERT INTO ops.ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*_place(scope), state, start, end, *said],
            )


def _place(scope: Scope) -> list[object]:
    return [scope.source, scope.account_id, scope.region, scope.name]
