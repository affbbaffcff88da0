"""What every page starts with: the ledger, the filter from the URL, the bar, the notes and the freshness line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import data, filterbar, theme, words
from dashboard.components import empty
from dashboard.filters import FilterState, Window, href, keep_known, read
from metrics.drill import UNATTRIBUTED
from metrics.run import default_period
from sql.errors import LedgerError, NotPublished


@dataclass(frozen=True)
class View:
    """One page view: what the viewer asked for, over which data."""

    ledger: data.Ledger
    state: FilterState
    now: Window
    before: Window
    agents: dict[str, dict[str, Any]]
    zone: ZoneInfo
    org: dict[str, str]
    first_day: date | None = None

    @property
    def scope(self) -> data.Scope:
        """The filter over this period."""
        return data.Scope(self.state, self.now)

    @property
    def scope_before(self) -> data.Scope:
        """The same filter over the period compared with."""
        return data.Scope(self.state, self.before)

    @property
    def comparable_from(self) -> date | None:
        """The first day from which the period before lies wholly within the data; None where it already does."""
        if self.first_day is None or self.before.start >= self.first_day:
            return None
        return self.first_day + timedelta(days=(self.now.start - self.before.start).days + self.now.days)

    def slot(self, agent_id: str) -> int:
        """An agent's colour: by the order in which agents were first seen, never by rank, so that it stays."""
        return self._by_age.index(agent_id) % len(theme.LIGHT.identity) if agent_id in self.agents else 0

    def letters(self, agent_id: str) -> str:
        """An agent's monogram, which no other agent has: the older agent keeps its initials."""
        return self._monograms.get(agent_id, "?")

    @cached_property
    def _monograms(self) -> dict[str, str]:
        return words.monograms({agent: self.name(agent) for agent in self._by_age})

    @cached_property
    def _by_age(self) -> list[str]:
        return sorted(self.agents, key=lambda agent: (str(self.agents[agent]["first_seen_at"] or "9"), agent))

    def name(self, agent_id: str) -> str:
        """An agent's name as people know it."""
        return str(self.agents.get(agent_id, {}).get("agent_name") or agent_id)

    def link(self, page: str, state: FilterState | None = None, **extra: str | None) -> str:
        """A relative link that keeps the filter."""
        return href(page, state or self.state, **extra)


def opened() -> data.Ledger | None:
    """The newest published file as this viewer may read it; None after drawing why there is none."""
    try:
        return data.open_ledger(data.home_folder(), data.viewer_access())
    except NotPublished as error:
        empty.nothing_published(error.remedy)
    except LedgerError as error:
        empty.unreadable(error.message, error.remedy)
    return None


def begin(page_names: Iterable[str] = (), *, one_agent: bool = False) -> View | None:
    """Draw the head of a page and give the view; None when there is nothing to show and that has been said."""
    ledger = opened()
    if ledger is None:
        return None
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    state, notes = read(query, page_names)
    agents = {str(row["agent_id"]): row for row in ledger.rows("agents") if row["agent_id"] != UNATTRIBUTED}
    if not agents:
        empty.no_agents()
        return None
    view, more = _narrow(ledger, state, agents, one_agent)
    choices = filterbar.Choices({agent: view.name(agent) for agent in agents}, _versions(view), _environments(ledger))
    filterbar.draw(view.state, choices, view.now, one_agent=one_agent)
    for note in notes + more:
        st.html(f'<div class="al note" role="status">{words.esc(note)}</div>')
    _freshness(view)
    return view


def unfiltered(ledger: data.Ledger) -> View | None:
    """All agents over the usual period, for a page without a filter; None where no agent was seen."""
    agents = {str(row["agent_id"]): row for row in ledger.rows("agents") if row["agent_id"] != UNATTRIBUTED}
    return _narrow(ledger, FilterState(), agents, False)[0] if agents else None


def _narrow(
    ledger: data.Ledger, state: FilterState, agents: dict[str, dict[str, Any]], one_agent: bool
) -> tuple[View, list[str]]:
    versions = [str(row["version"]) for row in ledger.rows("versions") if row["version"]]
    state, notes = keep_known(state, agents, versions, _environments(ledger))
    org = ledger.org()
    zone = words.zone(org.get("timezone"))
    first_day = _first_day(agents, zone)
    _, complete_to = default_period(ledger.published)
    if first_day and complete_to <= first_day:
        # The first day of data is shown although it is not over: there is nothing else yet.
        complete_to = first_day + timedelta(days=1)
    if one_agent and len(state.agents) != 1:
        state = state.one_agent(
            state.agents[0] if state.agents else _busiest(ledger, agents, state.window(complete_to))
        )
    now = state.window(complete_to)
    return View(ledger, state, now, state.before(now), agents, zone, org, first_day), notes


def _first_day(agents: dict[str, dict[str, Any]], zone: ZoneInfo) -> date | None:
    """The day on which any agent was first seen, in the organisation's zone."""
    seen = [row["first_seen_at"] for row in agents.values() if row["first_seen_at"]]
    return words.local(min(seen), zone).date() if seen else None


def _busiest(ledger: data.Ledger, agents: dict[str, dict[str, Any]], window: Window) -> str:
    volumes = data.by_agent(ledger, "task_volume", data.Scope(FilterState(), window).query())
    return max(agents, key=lambda agent: volumes[agent].value or 0 if agent in volumes else 0)


def _versions(view: View) -> list[str]:
    rows = view.ledger.rows("versions", view.state.agents)
    return list(dict.fromkeys(str(row["version"]) for row in reversed(rows) if row["version"]))


def _environments(ledger: data.Ledger) -> list[str]:
    return [str(row["environment"]) for row in ledger.rows("environments")]


def through(org: dict[str, str]) -> datetime | None:
    """Until when all data have arrived (UTC), where the file says so."""
    return datetime.fromisoformat(org["data_through_at"]) if org.get("data_through_at") else None


def _freshness(view: View) -> None:
    reach = through(view.org)
    failed, warnings = data.failed_sources(view.ledger), _warnings(view)
    said = words.clock(reach, view.zone) if reach else "the last day with work"
    dot = "dot bad" if failed else "dot att" if warnings else "dot"
    years = view.before.start.year != view.now.last.year or view.state.period == "custom"
    st.html(
        f'<div class="al fresh"><span><i class="{dot}"></i><span class="b">Complete to {said}</span> '
        f"{words.esc(view.zone.key)}</span>"
        f"<span>{words.days(view.now, year=years)} {_against(view, years)}</span>"
        f"<span>{_noted(view, failed, warnings)}</span></div>"
    )


def _against(view: View, years: bool) -> str:
    """The days compared with; while the data do not reach back that far, from when on they will."""
    start = view.comparable_from
    if start is None or view.first_day is None:
        return f"against {words.days(view.before, year=years)}"
    begun = f"data begin on {words.day(view.first_day)}"
    if view.state.compare == "year" or view.before.end > view.first_day:
        return f"against {words.days(view.before, year=years)}; {begun}"
    return f"· {begun}: comparisons over {words.plural(view.now.days, 'day')} start on {words.day(start)}"


def _noted(view: View, failed: data.Rows, warnings: int) -> str:
    health = words.esc(view.link("data_health"))
    if not failed and not warnings:
        return f'<a href="{health}">Data health</a>'
    names = sorted({str(row["source"]) for row in failed})
    broken = f'<span class="bad b">■ {words.esc(words.listed(names))} not read</span> ' if failed else ""
    warned = f'<span class="att b">▲ {words.plural(warnings, "warning")}</span> ' if warnings else ""
    return f'{broken}{warned}<a href="{health}">see data health</a>'


def _warnings(view: View) -> int:
    return sum(1 for row in view.ledger.rows("check_results") if row["offenders"])
