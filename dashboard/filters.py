"""What the viewer is looking at: one typed filter, kept whole in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeVar, get_args
from urllib.parse import urlencode

Period = Literal["7d", "28d", "quarter", "custom"]
Compare = Literal["previous", "year"]
T = TypeVar("T", bound=str)
Params = dict[str, str | list[str]]

PERIOD_WORDS: dict[Period, str] = {"7d": "7 days", "28d": "28 days", "quarter": "Quarter", "custom": "Custom"}
COMPARE_WORDS: dict[Compare, str] = {"previous": "Previous", "year": "Year ago"}
LENGTHS: dict[str, int] = {"7d": 7, "28d": 28, "quarter": 91}
LONGEST_CUSTOM = 731
YEAR_OF_WEEKS = timedelta(days=364)
FILTER_NAMES = ("period", "from", "to", "compare", "agent", "version", "env")


@dataclass(frozen=True)
class Window:
    """Calendar days of the organisation: `start` inclusive, `end` exclusive."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the window holds."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True)
class FilterState:
    """Period, comparison and the agents, versions and environments kept; an empty tuple keeps all."""

    period: Period = "28d"
    compare: Compare = "previous"
    first: date | None = None
    last: date | None = None
    agents: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    @property
    def active(self) -> int:
        """How many filters beside the period narrow the view."""
        return sum(bool(chosen) for chosen in (self.agents, self.versions, self.environments))

    def window(self, complete_to: date) -> Window:
        """The days shown. `complete_to` is the first day that is not complete yet."""
        if self.period == "custom" and self.first and self.last:
            return Window(self.first, self.last + timedelta(days=1))
        return Window(complete_to - timedelta(days=LENGTHS.get(self.period, 28)), complete_to)

    def before(self, now: Window) -> Window:
        """The days compared with: those just before, or the same weekdays a year (52 weeks) ago."""
        if self.compare == "year":
            return Window(now.start - YEAR_OF_WEEKS, now.end - YEAR_OF_WEEKS)
        return Window(now.start - timedelta(days=now.days), now.start)

    def params(self) -> Params:
        """The shortest query string that gives this filter back; defaults are left out."""
        found: Params = {}
        if self.period != "28d":
            found["period"] = self.period
        if self.period == "custom" and self.first and self.last:
            found |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        if self.compare != "previous":
            found["compare"] = self.compare
        named = (("agent", self.agents), ("version", self.versions), ("env", self.environments))
        return found | {name: list(chosen) for name, chosen in named if chosen}

    def keeping(self, field: Literal["agents", "versions", "environments"], chosen: tuple[str, ...]) -> FilterState:
        """The same view narrowed to some agents, versions or environments."""
        if field == "agents":
            return replace(self, agents=chosen)
        return replace(self, versions=chosen) if field == "versions" else replace(self, environments=chosen)

    def custom(self, window: Window) -> FilterState:
        """The same view over other days."""
        return replace(self, period="custom", first=window.start, last=window.last)

    def one_agent(self, agent_id: str) -> FilterState:
        """The same view of one agent; versions of other agents no longer apply."""
        return replace(self, agents=(agent_id,), versions=self.versions if self.agents == (agent_id,) else ())


def read(query: Mapping[str, Sequence[str]], page_names: Iterable[str] = ()) -> tuple[FilterState, list[str]]:
    """The filter in a URL, and a note in plain words for each parameter that could not be used."""
    known = {*FILTER_NAMES, *page_names}
    notes = [
        f"“{name}” in the link is not a setting of this page and was left out." for name in query if name not in known
    ]
    period, period_notes = _choice(query, "period", get_args(Period), "28d")
    compare, compare_notes = _choice(query, "compare", get_args(Compare), "previous")
    first, last, date_notes = _dates(query) if period == "custom" else (None, None, [])
    if period == "custom" and first is None:
        period = "28d"
    state = FilterState(
        period=period,
        compare=compare,
        first=first,
        last=last,
        agents=_several(query, "agent"),
        versions=_several(query, "version"),
        environments=_several(query, "env"),
    )
    return state, notes + period_notes + compare_notes + date_notes


def keep_known(
    state: FilterState, agents: Iterable[str], versions: Iterable[str], environments: Iterable[str]
) -> tuple[FilterState, list[str]]:
    """Drop names that the viewer cannot choose (unknown, or outside the viewer's scope) and say so."""
    kept: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for field, word, known in (
        ("agents", "agent", set(agents)),
        ("versions", "version", set(versions)),
        ("environments", "environment", set(environments)),
    ):
        chosen: tuple[str, ...] = getattr(state, field)
        kept[field] = tuple(name for name in chosen if name in known)
        notes += [f"There is no {word} “{name}” to show; it was left out." for name in chosen if name not in known]
    return replace(state, agents=kept["agents"], versions=kept["versions"], environments=kept["environments"]), notes


def href(page: str, state: FilterState, **extra: str | None) -> str:
    """A relative link to a page ('' is the portfolio) with the filter and the page's own parameters."""
    params = state.params() | {name: value for name, value in extra.items() if value}
    query = urlencode(params, doseq=True)
    return f"{page or './'}{'?' + query if query else ''}"


def _choice(query: Mapping[str, Sequence[str]], name: str, allowed: Sequence[T], default: T) -> tuple[T, list[str]]:
    given = query.get(name)
    if not given:
        return default, []
    for option in allowed:
        if option == given[-1]:
            return option, []
    return default, [f"{name}={given[-1]} is not known; choose {', '.join(allowed)}. Showing {default}."]


def _dates(query: Mapping[str, Sequence[str]]) -> tuple[date | None, date | None, list[str]]:
    try:
        first, last = (date.fromisoformat((query.get(name) or [""])[-1]) for name in ("from", "to"))
    except ValueError:
        return None, None, ["A custom period needs from and to as YYYY-MM-DD. Showing 28 days."]
    if not 0 <= (last - first).days < LONGEST_CUSTOM:
        return None, None, [f"A custom period runs forward and holds at most {LONGEST_CUSTOM} days. Showing 28 days."]
    return first, last, []


def _several(query: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in query.get(name, ()) if value))
