"""The only cache. Every read names the published file and the viewer's scope, and both are part of its key."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.filters import FilterState, Window
from metrics import drill
from metrics.model import Access, Change, Query, Value
from metrics.run import compare, run
from sql import journal
from sql.errors import NotPublished
from sql.published import Published, newest_version, open_published, read_status

Rows = list[dict[str, Any]]


def scope_key(access: Access) -> str:
    """The viewer's scope as cache key: two viewers with other scopes never share an entry."""
    return "*" if access.agents is None else repr(sorted(access.agents))


def viewer_access() -> Access:
    """What the viewer may see. Everybody sees everything until sign-in is set up."""
    return Access.everything()


def home_folder() -> Path:
    """LEDGER_HOME, else ./data."""
    return Path(os.environ.get("LEDGER_HOME") or "data")


@dataclass(frozen=True)
class Ledger:
    """One published file as one viewer may read it."""

    home: Path
    published: Published
    access: Access

    @property
    def key(self) -> str:
        """Which published file this is: its full versioned name."""
        return str(self.published.path)

    def values(self, kpi: str, query: Query) -> list[Value]:
        """A KPI's values. Raises what metrics.run raises."""
        return _values(self.key, self.access, kpi, query, self.published)

    def rows(self, name: str, agents: tuple[str, ...] = (), **params: Any) -> Rows:
        """Rows of a named drill-down query."""
        return _rows(self.key, self.access, name, agents, tuple(sorted(params.items())), self.published)

    def org(self) -> dict[str, str]:
        """What the file says about the organisation: timezone, kind, data_through_at …"""
        return {str(row["key"]): row["value"] for row in self.rows("org") if row["value"] is not None}


def open_ledger(home: Path, access: Access) -> Ledger:
    """The newest published file. Raises NotPublished or OlderPublished, each with its remedy."""
    version = newest_version(home)
    if version is None:
        open_published(home).close()  # raises NotPublished with the remedy of the room that knows it
        raise NotPublished(f"Nothing has been published in {home} yet.", "Run the collector.")
    return Ledger(home, _opened(str(home), version), access)


@dataclass(frozen=True)
class Scope:
    """Which part of the ledger a page shows: a filter over a window."""

    state: FilterState
    window: Window

    def query(self, **changes: Any) -> Query:
        """The question for `metrics`: this window and these filters."""
        state = self.state
        base = Query(
            self.window.start,
            self.window.end,
            agents=state.agents or None,
            versions=state.versions or None,
            environments=state.environments or None,
        )
        return replace(base, **changes)

    def params(self) -> dict[str, Any]:
        """The same as parameters of the drill-down queries."""
        state = self.state
        return {
            "versions": list(state.versions) or None,
            "environments": list(state.environments) or None,
            "from": self.window.start,
            "to": self.window.end,
        }


def total(ledger: Ledger, kpi: str, query: Query, part: str = "") -> Value | None:
    """The one value of a KPI over the whole window; `part` names a slice ('p95', a tool …)."""
    return next((value for value in ledger.values(kpi, query) if value.slice == part), None)


def series(ledger: Ledger, kpi: str, query: Query, part: str = "") -> list[Value]:
    """The values of a KPI day by day (or week by week), oldest first."""
    found = ledger.values(kpi, query)
    return sorted((value for value in found if value.slice == part), key=lambda value: value.start)


def by_agent(ledger: Ledger, kpi: str, query: Query, part: str = "") -> dict[str, Value]:
    """The values of a KPI per agent."""
    found = ledger.values(kpi, replace(query, group=("agent",)))
    return {value.agent_id: value for value in found if value.slice == part and value.agent_id}


def changed(kpi: str, now: Value | None, before: Value | None) -> Change | None:
    """How a number moved; None where either side is missing."""
    if now is None or before is None or now.value is None or before.value is None:
        return None
    return compare(kpi, now, before)


def failed_sources(ledger: Ledger) -> Rows:
    """The sources whose latest pass failed, with their error and remedy."""
    return [row for row in ledger.rows("collector_runs") if row["status"] == "failed"]


def entered_labels(ledger: Ledger, task_id: str, agent_id: str) -> Rows:
    """Labels entered in the app that no collector has landed yet, newest first."""
    if not ledger.access.allows(agent_id):
        return []
    return [
        row
        for row in reversed(journal.pending(ledger.home))
        if row.get("task.id") == task_id and row.get("gen_ai.agent.id") == agent_id
    ]


def status(home: Path) -> dict[str, Any] | None:
    """What the collectors know about their last run; never cached, the file is small and replaced at every run."""
    return read_status(home)


# One entry: a newer file takes the place of the older one, whose connection closes as soon as the last page that
# still reads it is done. Closing it here would break that page.
@st.cache_resource(max_entries=1, show_spinner=False)
def _opened(home: str, version: str) -> Published:
    return open_published(Path(home))


@st.cache_data(max_entries=4000, show_spinner=False, hash_funcs={Access: scope_key, Query: repr})
def _values(file: str, access: Access, kpi: str, query: Query, _published: Published) -> list[Value]:
    return list(run(_published, kpi, query, access))


@st.cache_data(max_entries=1000, show_spinner=False, hash_funcs={Access: scope_key, date: repr})
def _rows(
    file: str,
    access: Access,
    name: str,
    agents: tuple[str, ...],
    params: tuple[tuple[str, Any], ...],
    _published: Published,
) -> Rows:
    return drill.rows(_published, name, access, agents, **dict(params))
