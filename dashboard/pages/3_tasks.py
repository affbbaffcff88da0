"""Jobs.

Every job behind the numbers, and one job told as a story with its steps, calls, cost and labels.
"""

from __future__ import annotations

import streamlit as st

from dashboard import one_task
from dashboard.components.sections import source_line
from dashboard.components.tasks_table import tasks_table
from dashboard.view import View, begin
from dashboard.words import days, esc, plural
from metrics import units

PAGE_SIZE = 50
SHOWS = {
    "all": "all",
    "judged": "with a verdict",
    "good": "that ended well",
    "failed": "that failed",
    "escalated": "handed to people",
    "ended": "that ended",
    "abandoned": "abandoned",
    "running": "still running",
    "unknown": "without a known outcome",
    "checked": "checked for accuracy",
    "timed": "with a measured time",
    "unpriced": "not fully priced",
    "reported": "that ended and were reported on",
    "leaked": "less sure than the threshold and not handed over",
    "scored": "that a judge scored",
    "sure": "checked for accuracy, with a stated confidence",
    "again": "that ended well and came again or were corrected",
    "mature": "finished for good or too old to finish",
    "due": "that should have ended and were not cancelled",
    "finished": "that ended by themselves",
    "untouched": "that ended and that no person touched",
    "decided": "that ended, with a known result or a person's touch",
    "alone": "that ended well and that no person touched",
    "labelled": "that anybody judged",
    "reviewed": "whose hand-over people reviewed",
    "complained": "that somebody complained about",
}
SORTS = {"new": "Newest", "cost": "Most expensive", "slow": "Slowest"}


def draw() -> None:
    """Draw the list, or one job where the URL names it."""
    view = begin(("show", "q", "tool", "sort", "page", "task"))
    if view is None:
        return
    task = st.query_params.get("task")
    if task:
        one_task.draw(view, task)
    else:
        _list(view)


def _list(view: View) -> None:
    asked = _asked()
    count = int(view.ledger.rows("tasks_count", view.state.agents, **view.scope.params(), **asked)[0]["tasks"])
    about = f"jobs {SHOWS[str(asked['show'])]}" if asked["show"] != "all" else "jobs"
    tool = f", that used {asked['tool']}" if asked["tool"] else ""
    st.html(
        f'<div class="al lead"><p class="eyebrow">Jobs started {days(view.now)}</p><h1>{units.grouped(count)} '
        f"{esc(about.replace('jobs', 'job' if count == 1 else 'jobs', 1))}{esc(tool)}</h1></div>"
    )
    _controls(asked)
    if not count:
        st.html(
            f'<p class="al quiet">Nothing matches. <a href="{esc(view.link("tasks"))}">Show all jobs of this period'
            "</a>, or choose a longer period above.</p>"
        )
        return
    pages = -(-count // PAGE_SIZE)
    page = min(max(_page_number(), 1), pages)
    sort = st.query_params.get("sort", "new")
    paging = {"sort": sort if sort in SORTS else "new", "limit": PAGE_SIZE, "offset": (page - 1) * PAGE_SIZE}
    rows = view.ledger.rows("tasks", view.state.agents, **view.scope.params(), **asked, **paging)
    st.html(tasks_table(view, rows))
    _paging(page, pages)
    first = (page - 1) * PAGE_SIZE + 1
    source_line(
        f"{units.grouped(first)}–{units.grouped(first + len(rows) - 1)} of {plural(count, 'job')}. Times in "
        f"{view.zone.key}. ≈ estimated, ≥ partly priced, {units.NOTHING} not known."
    )


def _asked() -> dict[str, object]:
    show = st.query_params.get("show", "all")
    return {
        "show": show if show in SHOWS else "all",
        "search": st.query_params.get("q") or None,
        "tool": st.query_params.get("tool") or None,
    }


def _page_number() -> int:
    text = st.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _controls(asked: dict[str, object]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state["tasks_show"] = asked["show"]
        st.selectbox(
            "Which jobs",
            list(SHOWS),
            format_func=lambda show: f"Jobs {SHOWS[show]}" if show != "all" else "All jobs",
            key="tasks_show",
            width=240,
            on_change=lambda: _keep("show", "all"),
        )
        sort = st.query_params.get("sort", "new")
        st.session_state["tasks_sort"] = sort if sort in SORTS else "new"
        st.selectbox(
            "Order",
            list(SORTS),
            format_func=lambda name: SORTS[name],
            key="tasks_sort",
            width=190,
            on_change=lambda: _keep("sort", "new"),
        )
        st.session_state["tasks_q"] = asked["search"] or ""
        st.text_input(
            "Find an id",
            key="tasks_q",
            placeholder="part of a job's id or key",
            width=260,
            on_change=lambda: _keep("q", ""),
        )


def _keep(name: str, default: str) -> None:
    chosen = str(st.session_state[f"tasks_{name}"]).strip()
    st.query_params.pop("page", None)
    if chosen == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = chosen


def _paging(page: int, pages: int) -> None:
    if pages == 1:
        return
    key = f"tasks_page_{page}_of_{pages}"
    st.pagination(pages, default=page, key=key, on_change=_keep_page, args=(key,))


def _keep_page(key: str) -> None:
    page = st.session_state[key]
    if page == 1:
        st.query_params.pop("page", None)
    else:
        st.query_params["page"] = str(page)


if __name__ == "__main__":
    draw()
