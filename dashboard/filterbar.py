"""The one filter bar, the same on every page. What it holds lives in the URL; widgets only show and change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, cast

import streamlit as st

from dashboard.filters import COMPARE_WORDS, FILTER_NAMES, PERIOD_WORDS, Compare, FilterState, Period, Window


@dataclass(frozen=True)
class Choices:
    """What the viewer can choose from: agents by id with their names, versions and environments."""

    agents: Mapping[str, str]
    versions: Sequence[str]
    environments: Sequence[str]


def draw(state: FilterState, choices: Choices, window: Window, *, one_agent: bool = False) -> None:
    """Draw the bar. A change writes the URL and reruns the page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _segments(
            "Period", "period", PERIOD_WORDS, state.period, lambda chosen: _period(state, cast(Period, chosen), window)
        )
        _segments(
            "Compare with",
            "compare",
            COMPARE_WORDS,
            state.compare,
            lambda chosen: replace(state, compare=cast(Compare, chosen)),
        )
        if one_agent:
            _agent_box(state, choices)
        _popover(state, choices, one_agent)
        kept = FilterState(agents=state.agents) if one_agent else FilterState()
        if state != kept:
            st.button("Reset", key="filter_reset", type="tertiary", on_click=lambda: write(kept))
    if state.period == "custom":
        _dates(state, window)


def write(state: FilterState, **extra: str | None) -> None:
    """Put the filter into the URL, keeping the page's own parameters; an extra of None removes one."""
    own = {name: st.query_params.get_all(name) for name in st.query_params if name not in FILTER_NAMES}
    own.pop("page", None)  # another view has other pages
    for name, value in extra.items():
        own.pop(name, None)
        if value:
            own[name] = [value]
    st.query_params.from_dict({**state.params(), **own})


def remember() -> None:
    """Keep the filter when the viewer moves to another page by the menu, whose links carry no parameters."""
    kept = {name: st.query_params.get_all(name) for name in FILTER_NAMES if name in st.query_params}
    st.session_state["filter_kept"] = kept


def restore(page: str) -> None:
    """Bring the filter back after a move by the menu. A link that names its own filter wins."""
    moved = st.session_state.get("filter_page", page) != page
    st.session_state["filter_page"] = page
    kept = st.session_state.get("filter_kept")
    if moved and kept and not len(st.query_params):
        st.query_params.from_dict(kept)


def _segments(
    label: str, name: str, words: Mapping[Any, str], current: str, change: Callable[[str], FilterState]
) -> None:
    key = f"filter_{name}"
    st.session_state[key] = current

    def apply() -> None:
        write(change(st.session_state[key]))

    st.segmented_control(
        label,
        list(words),
        format_func=lambda option: words[option],
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=apply,
    )


def _period(state: FilterState, period: Period, window: Window) -> FilterState:
    ends = (window.start, window.last) if period == "custom" else (None, None)
    return replace(state, period=period, first=ends[0], last=ends[1])


def _dates(state: FilterState, window: Window) -> None:
    key = "filter_dates"
    st.session_state[key] = (window.start, window.last)

    def apply() -> None:
        chosen: tuple[date, ...] = tuple(st.session_state[key])
        if len(chosen) == 2:
            write(replace(state, first=chosen[0], last=chosen[1]))

    st.date_input("From and to, both included", key=key, on_change=apply, format="YYYY-MM-DD", width=280)


def _agent_box(state: FilterState, choices: Choices) -> None:
    key = "filter_one_agent"
    st.session_state[key] = state.agents[0]
    st.selectbox(
        "Agent",
        list(choices.agents),
        format_func=lambda agent: choices.agents[agent],
        key=key,
        width=240,
        label_visibility="collapsed",
        on_change=lambda: write(state.one_agent(st.session_state[key])),
    )


def _popover(state: FilterState, choices: Choices, one_agent: bool) -> None:
    active = state.active - (1 if one_agent else 0)
    with st.popover(f"Filter · {active}" if active else "Filter", icon=":material/filter_list:"):
        if not one_agent:
            _several("Agents", "agents", state, list(choices.agents), choices.agents)
        _several("Versions", "versions", state, choices.versions)
        _several("Environments", "environments", state, choices.environments)
        st.caption("Left empty, a filter keeps everything; test, synthetic, replay and load runs are kept out.")


def _several(
    label: str,
    field: Literal["agents", "versions", "environments"],
    state: FilterState,
    options: Sequence[str],
    words: Mapping[str, str] | None = None,
) -> None:
    key = f"filter_{field}"
    st.session_state[key] = list(getattr(state, field))
    st.multiselect(
        label,
        options,
        format_func=lambda option: (words or {}).get(option, option),
        key=key,
        on_change=lambda: write(state.keeping(field, tuple(st.session_state[key]))),
    )
