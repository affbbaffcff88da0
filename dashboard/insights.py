"""The insights as a viewer may see them. A newer published file is worked through beside the page, never before it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import streamlit as st

from dashboard import actions
from dashboard.filters import FilterState, Window, href
from dashboard.view import View
from metrics.actions.book import Book
from metrics.actions.due import record_due
from metrics.actions.issues import issue_id
from metrics.insights import store
from metrics.insights.model import Insight, Reading, Report
from sql.errors import HomeNotWritable, LedgerError
from sql.published import newest_version

PATIENCE_S = 2.0
SHOWS = {
    "success_rate": "judged",
    "accuracy": "checked",
    "escalation_rate": "ended",
    "task_latency": "timed",
    "leakage": "ended",
}
SORTS = {"task_latency": "slow", "model_latency": "slow", "cost_per_task": "cost", "cost_per_success": "cost"}


@dataclass(frozen=True)
class Shown:
    """The insights of a view: None while the first are being worked out. Not `current`: they are of a file before."""

    insights: tuple[Insight, ...] | None
    report: Report | None
    current: bool

    def leading(self, *states: str) -> list[Insight]:
        """The findings in these states that others go with, in the order of the feed."""
        return [each for each in self.insights or () if each.primary is None and each.state in states]

    @property
    def too_early(self) -> bool:
        """Whether fewer numbers can be watched than still wait for days to compare with."""
        report = self.report
        return report is not None and report.budget.streams < len(report.not_watched)

    def going_with(self, lead: Insight) -> list[Insight]:
        """What moved together with a finding."""
        return [each for each in self.insights or () if each.primary == lead.id]


class Working:
    """The insights of one published file, worked out in a thread of their own."""

    def __init__(self, home: Path) -> None:
        self.report: Report | None = None
        self.home = home
        self.thread = Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        with suppress(LedgerError):  # the page itself says what is wrong with the file
            kept = store.load(self.home)
            if not store.is_current(self.home, kept):
                kept = store.work_out(self.home, kept)
                with suppress(HomeNotWritable):  # then they live as long as this process
                    store.save(self.home, kept)
                    record_due(self.home)
            self.report = kept


def shown(view: View) -> Shown:
    """What the viewer may see of it, narrowed to the agents of the view."""
    home = view.ledger.home
    working = _working(str(home), newest_version(home) or "")
    working.thread.join(PATIENCE_S)
    report = working.report or store.load(home)
    if report is None:
        return Shown(None, None, current=False)
    chosen = view.state.agents
    kept = tuple(
        each
        for each in report.insights
        if view.ledger.access.allows(each.agent_id) and (not chosen or each.agent_id in chosen)
    )
    return Shown(kept, report, current=working.report is not None)


def noticed(view: View, found: Shown, *states: str) -> list[Insight]:
    """The findings in these states that nobody put aside, in the order of the feed: wherever they are shown alike."""
    book = actions.book(view.ledger)
    return [each for each in found.leading(*states) if not _put_aside(book, each)]


def _put_aside(book: Book, insight: Insight) -> bool:
    """Whether somebody dismissed a finding, or wants no notice of the issue it belongs to."""
    answer = book.answer(insight.id)
    return (answer is not None and answer.verb == "dismiss") or book.quiet(issue_id(insight.signature))


# One entry: what an older file gave is kept beside it on disk.
@st.cache_resource(max_entries=1, show_spinner=False)
def _working(home: str, version: str) -> Working:
    return Working(Path(home))


def jobs_link(insight: Insight, days: Reading) -> str:
    """The address of the jobs behind one of the two numbers of a finding."""
    state = FilterState(agents=(insight.agent_id,)).custom(Window(days.start, days.end))
    tool = insight.segment.value if insight.segment.dimension == "tool" else None
    return href("tasks", state, show=SHOWS.get(insight.kpi), sort=SORTS.get(insight.kpi), tool=tool)


def agents_of(insights: Iterable[Insight]) -> list[str]:
    """The agents that the findings are about, each once."""
    return list(dict.fromkeys(each.agent_id for each in insights))
