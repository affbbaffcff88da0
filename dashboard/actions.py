"""Actions, issues and notes as pages show them, with what was entered here a moment ago."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import data
from metrics.actions.book import ENTRIES, Book, read_book
from metrics.actions.evidence import outcome_of
from metrics.actions.issues import Issue, issues_of
from metrics.actions.model import Action, Outcome
from metrics.catalogue import Kpi, kpi_named
from metrics.insights.model import Insight, Report
from metrics.model import Access, QueryError
from sql import journal
from sql.errors import HomeNotWritable
from sql.published import Published


def book(ledger: data.Ledger) -> Book:
    """Everything people entered, landed or not."""
    return _book(ledger.key, ledger.access, _entered(ledger), ledger.published)


def outcome(ledger: data.Ledger, action: Action) -> Outcome:
    """The verdict on an action as the published file has it."""
    return _outcome(ledger.key, ledger.access, action, ledger.published)


def issues(ledger: data.Ledger, report: Report, shown: Sequence[Insight]) -> tuple[Issue, ...]:
    """The issues that these findings group into."""
    ids = tuple(each.id for each in shown)
    return _issues(ledger.key, ledger.access, ids, _entered(ledger), report, ledger.published)


def kpi(ledger: data.Ledger, name: str) -> Kpi:
    """The definition that made the published parts."""
    return kpi_named(name, ledger.published)


def enter(ledger: data.Ledger, make: Any) -> bool:
    """Write the record that `make` gives into the journal; what stands in the way is said, and False given."""
    try:
        journal.append(ledger.home, make())
    except QueryError as error:
        st.warning(str(error))
        return False
    except HomeNotWritable as error:
        st.error(f"{error.message} {error.remedy}")
        return False
    return True


def _entered(ledger: data.Ledger) -> str:
    own = [record for record in journal.pending(ledger.home) if record.get("event.name") in ENTRIES]
    return json.dumps(own, sort_keys=True)


def _records(entered: str) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = json.loads(entered)
    return records


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs={Access: data.scope_key})
def _book(file: str, access: Access, entered: str, _published: Published) -> Book:
    return read_book(_published, access, _records(entered))


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Access: data.scope_key, Action: repr, date: repr})
def _outcome(file: str, access: Access, action: Action, _published: Published) -> Outcome:
    return outcome_of(_published, access, action)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs={Access: data.scope_key})
def _issues(
    file: str, access: Access, ids: tuple[str, ...], entered: str, _report: Report, _published: Published
) -> tuple[Issue, ...]:
    shown = [each for each in _report.insights if each.id in ids]
    return issues_of(_published, access, shown, read_book(_published, access, _records(entered)), _report.as_of)
