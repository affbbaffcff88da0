"""Reading a TOML file so that every mistake is named: the key, the file, and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collectors.errors import BadSetting

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DURATION = re.compile(r"(\d{1,6})([smhd])")


class Section:
    """One table of a file. Getters check a value and remember its key; `done` refuses every other key."""

    def __init__(self, values: dict[str, Any], file: str, name: str) -> None:
        self.values = values
        self._file = file
        self._name = name
        self._known: list[str] = []

    def text(
        self, key: str, default: str | None = None, *, choices: Collection[str] = (), like: str = ""
    ) -> str | None:
        """A non-empty string, one of `choices` if given, matching the pattern `like` if given."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.bad(key, value, "a text that is not empty")
        if choices and value not in choices:
            raise self.bad(key, value, f"one of {', '.join(sorted(choices))}")
        if like and not re.fullmatch(like, value):
            raise self.bad(key, value, f"a text that matches {like}")
        return value

    def needed(self, key: str, *, choices: Collection[str] = (), like: str = "") -> str:
        """A text that must be there."""
        value = self.text(key, choices=choices, like=like)
        if value is None:
            raise self._missing(key)
        return value

    def choice(self, key: str, default: str, choices: Collection[str]) -> str:
        """One of `choices`."""
        return self.text(key, choices=choices) or default

    def number(self, key: str, low: float, high: float) -> Decimal | None:
        """A number from `low` to `high`, both allowed."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not low <= value <= high:
            raise self.bad(key, value, f"a number from {low:g} to {high:g}")
        return Decimal(value)

    def real(self, key: str, low: float, high: float) -> float | None:
        """The same as a float."""
        value = self.number(key, low, high)
        return None if value is None else float(value)

    def needed_number(self, key: str, low: float, high: float) -> Decimal:
        """A number that must be there."""
        value = self.number(key, low, high)
        if value is None:
            raise self._missing(key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.bad(key, value, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of non-empty strings."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise self.bad(key, value, "a list of texts")
        return tuple(value)

    def day(self, key: str) -> date | None:
        """A date without quotes: 2026-01-31."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.bad(key, value, "a date without quotes, such as 2026-01-31")
        return value

    def needed_day(self, key: str) -> date:
        """A date that must be there."""
        value = self.day(key)
        if value is None:
            raise self._missing(key)
        return value

    def duration(self, key: str) -> timedelta | None:
        """A text such as 90s, 30m, 2h or 1d."""
        value = self._take(key)
        if value is None:
            return None
        match = DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise self.bad(key, value, "a duration such as 90s, 30m, 2h or 1d")
        return timedelta(**{UNITS[match[2]]: int(match[1])})

    def timezone(self, key: str, default: str) -> str:
        """A name of the IANA time zone database."""
        value = self.text(key, default) or default
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.bad(key, value, "an IANA time zone such as UTC, Europe/Berlin or America/New_York") from None
        return value

    def table(self, key: str) -> Section:
        """A table inside this one; empty when absent."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            raise self.bad(key, value, f"a table: [{self._inner(key)}]")
        return Section(value or {}, self._file, self._inner(key))

    def tables(self, key: str) -> list[Section]:
        """A list of tables inside this one, each named by its place."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.bad(key, value, f"a list of tables: [[{self._inner(key)}]]")
        return [Section(each, self._file, f"{self._inner(key)} {place}") for place, each in enumerate(value, 1)]

    def flat(self) -> Section:
        """The same with the keys of inner tables as `table.key`."""
        return Section(_flatten(self.values), self._file, self._name)

    def rename(self, name: str) -> None:
        """Name the table by what it is about, once that is known."""
        self._name = name

    def done(self) -> None:
        """Refuse every key that no getter asked for."""
        unknown = [key for key in self.values if key not in self._known]
        if unknown:
            where = f"[{self._name}] has" if self._name else "there is"
            raise BadSetting(
                f"{self._file}: {where} no setting '{unknown[0]}'.", f"Allowed: {', '.join(sorted(self._known))}."
            )

    def bad(self, key: str, value: object, allowed: str) -> BadSetting:
        """The error for a value that is not allowed."""
        shown = str(value) if isinstance(value, Decimal | date) else repr(value)
        return BadSetting(f"{self._file}: {self._path(key)} is {shown[:80]}.", f"Allowed: {allowed}.")

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self.values.get(key)

    def _missing(self, key: str) -> BadSetting:
        return BadSetting(f"{self._file}: {self._path(key)} is missing.", f"[{self._name}] needs it.")

    def _inner(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _path(self, key: str) -> str:
        return f"[{self._name}] {key}" if self._name else key


def read(path: Path) -> Section:
    """The top of a file. Raises BadSetting when it cannot be read or is not TOML."""
    try:
        with path.open("rb") as file:
            return Section(tomllib.load(file, parse_float=Decimal), path.name, "")
    except OSError as error:
        raise BadSetting(
            f"{path} cannot be read: {error.strerror}.", "Set LEDGER_CONFIG to a file that can be read."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"{path.name} is not valid TOML: {error}.", "ledger.example.toml shows how it is written."
        ) from None


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
