"""Plain words around the numbers: dates, verdicts, counts, lags. Numbers themselves read as `metrics.units` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.filters import Window
from metrics import units
from metrics.model import Change

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
VERDICT_CLASS = {"better": "good", "worse": "bad"}


def esc(value: object) -> str:
    """Text that is safe inside HTML and its attributes; None gives ''."""
    return "" if value is None else escape(str(value), quote=True)


def prose(value: object) -> str:
    """Text as HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", esc(value))


def day(value: date, *, year: bool = False) -> str:
    """'22 Nov', or '22 Nov 2026'."""
    return f"{value.day} {MONTHS[value.month - 1]}{f' {value.year}' if year else ''}"


def days(window: Window, *, year: bool = False) -> str:
    """'26 Oct – 22 Nov' with both ends inside; years stand where asked for or where the window crosses one."""
    crosses = year or window.start.year != window.last.year
    if window.days == 1:
        return day(window.start, year=crosses)
    return f"{day(window.start, year=crosses)} {units.DASH} {day(window.last, year=crosses)}"


def zone(name: str | None) -> ZoneInfo:
    """The organisation's time zone; UTC where it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local(moment: datetime, where: ZoneInfo) -> datetime:
    """A UTC moment of the published file in the organisation's zone."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(where)


def clock(moment: datetime | None, where: ZoneInfo, *, seconds: bool = False) -> str:
    """'23 Nov, 09:40' in the organisation's zone; an em dash where it is not known."""
    if moment is None:
        return units.NOTHING
    shown = local(moment, where)
    return f"{day(shown.date())}, {shown:%H:%M:%S}" if seconds else f"{day(shown.date())}, {shown:%H:%M}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """'1 job', '2 100 jobs'."""
    return f"{units.grouped(count)} {one if count == 1 else many or one + 's'}"


def counted(count: int, one: str) -> str:
    """The same at the start of a sentence: 'Five agents'."""
    return f"{SMALL[count]} {one if count == 1 else one + 's'}" if count < len(SMALL) else plural(count, one)


def lag(span: timedelta) -> str:
    """How far behind, in the two largest units: '2 h 5 min'."""
    return units.text(max(span.total_seconds(), 0) * 1000, "ms")


def verdict_html(moved: Change | None) -> str:
    """Glyph, amount and word: '▲ 11 % worse', '▲ 0.6 pt · cannot tell' in grey."""
    if moved is not None and moved.verdict == "no_change":
        return '<span class="plain">■ no change</span>'
    if moved is None or moved.amount is None:
        return '<span class="plain">no comparison yet</span>'
    amount = units.change(moved)
    if moved.verdict in VERDICT_CLASS:
        return f'<span class="{VERDICT_CLASS[moved.verdict]}">{amount} {moved.verdict}</span>'
    if moved.verdict == "changed":
        return f'<span class="plain">{amount} {"more" if moved.amount > 0 else "fewer"}</span>'
    return f'<span class="plain">{amount} · cannot tell</span>'


def money_change(difference: float) -> str:
    """A difference in money as people say it: '4 cents', '$1.20', '0.3 cents'."""
    size = abs(difference)
    if size >= 0.995:
        return units.money(size)
    cents = units.significant(size * 100, 2)
    cents = cents.rstrip("0").rstrip(".") if "." in cents else cents
    return f"{cents} cent{'' if cents == '1' else 's'}"


def listed(names: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def monograms(names: Mapping[str, str]) -> dict[str, str]:
    """Two letters for each key's name, in order: its initials where they are free, else others of its letters."""
    found: dict[str, str] = {}
    for key, name in names.items():
        taken = set(found.values())
        found[key] = next((letters for letters in _letters(name) if letters not in taken), "?")
    return found


def _letters(name: str) -> Iterator[str]:
    """Initials, then the first letter with each later one, then with a digit."""
    words = re.findall(r"[^\W_]+", name) or ["?"]
    if len(words) > 1:
        yield (words[0][0] + words[1][0]).upper()
    else:
        yield words[0][0].upper()
    first, rest = words[0][0], "".join(words)[1:]
    yield from ((first + each).upper() for each in rest)
    yield from (f"{first}{digit}".upper() for digit in range(2, 100))
