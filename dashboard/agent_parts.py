"""The figures of the agent page, each from one or two questions to `metrics`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import data
from dashboard.components import charts
from dashboard.components.crew_table import crew_note, crew_table
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.sections import figure_head, section, source_line
from dashboard.components.tools_table import Tool, tools_table
from dashboard.over_time import targets
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import clock, days, esc, plural
from metrics import units
from metrics.model import Value
from metrics.stats.buckets import gamma_of

TOKEN_KINDS = {
    "input": "Input, not cached",
    "cache_read": "Input from cache",
    "cache_write_5m": "Cache writes, 5 min",
    "cache_write_1h": "Cache writes, 1 h",
    "output": "Output",
}
MOST_BARS = 8
STEPS = (
    ("abandoned", "Abandoned", "abandoned"),
    ("failed", "Failed", "failed"),
    ("escalated", "Handed to people", "escalated"),
    ("running", "Still running", "before"),
    ("unknown", "Outcome unknown", "before"),
    ("assumed", "Good, assumed", "assumed"),
    ("confirmed", "Good, confirmed", "confirmed"),
)


def cost_by_kind(view: View, parts: data.Rows) -> None:
    """Spend by kind of token."""
    by_kind = _summed(parts, "token_kind")
    rows = [(TOKEN_KINDS.get(kind, kind), *by_kind[kind]) for kind in _by_money(by_kind)]
    _cost_bars(view, rows, "kind of token", "spend_by_kind")


def cost_by_model(view: View, parts: data.Rows) -> None:
    """Spend by model."""
    by_model = _summed(parts, "model")
    rows = [(model, *by_model[model]) for model in _by_money(by_model)]
    _cost_bars(view, rows, "model", "spend_by_model")


def _summed(parts: data.Rows, field: str) -> dict[str, tuple[float | None, int]]:
    """Money and tokens; the money is None where nothing of it has a price, which is not a price of 0."""
    found: dict[str, tuple[float | None, int]] = {}
    for row in parts:
        money, tokens = found.get(row[field], (None, 0))
        more = money if row["usd"] is None else (money or 0.0) + row["usd"]
        found[row[field]] = (more, tokens + row["tokens"])
    return found


def _by_money(found: dict[str, tuple[float | None, int]]) -> list[str]:
    return sorted(found, key=lambda name: (-(found[name][0] or 0.0), -found[name][1], name))


def _short(model: str) -> str:
    """A model id short enough to stand beside its bar: without provider, date and revision."""
    if " " in model or "." not in model:
        return model
    name = model.split(".", 1)[-1].split(":")[0]
    words = [word for word in name.split("-") if not (word.isdigit() and len(word) == 8) and word not in ("v1", "v2")]
    return "-".join(words)[:24]


def _cost_bars(view: View, rows: list[tuple[str, float | None, int]], what: str, key: str) -> None:
    if not rows:
        st.html(f'<p class="al quiet">No model calls with tokens in {days(view.now)}.</p>')
        return
    colours = palette()
    total = sum(usd for _, usd, _ in rows if usd is not None)
    figure_head(_cost_finding(rows, total), f"US dollars by {what}, {days(view.now)}; tokens beside it")
    shown = [
        (
            _short(label),
            usd or 0.0,
            f"<b>{units.text(usd, 'usd')}</b>  {units.text(tokens, 'tokens')}",
            colours.now if place == 0 else colours.before,
        )
        for place, (label, usd, tokens) in enumerate(rows[:MOST_BARS])
    ]
    alt = f"Spend by {what}: " + ", ".join(f"{label} {units.text(usd, 'usd')}" for label, usd, _ in rows[:MOST_BARS])
    charts.show(charts.bars(colours, shown), alt, key)
    show_as_table(lambda: _cost_table(rows, what, total), f"Spend by {what}, {days(view.now)}", key)


def _cost_finding(rows: list[tuple[str, float | None, int]], total: float) -> str:
    """The largest part; of a spend of 0 whether a price of 0 makes it or none at all."""
    label, most, _ = rows[0]
    if most and total:
        return f"{_short(label)}: {units.text(most / total, 'ratio')} of the spend"
    if all(usd is None for _, usd, _ in rows):
        return "No part of this has a price"
    return f"What has a price costs {units.money(total)}"


def _cost_table(rows: list[tuple[str, float | None, int]], what: str, total: float) -> FigureTable:
    """All parts, those without a bar included. Money that is not known is a dash, never 0."""
    return FigureTable(
        (what.capitalize(), "US dollars", "Share", "Tokens"),
        [
            (
                esc(label),
                units.plain(usd, "usd"),
                units.text(usd / total, "ratio") if usd is not None and total else units.NOTHING,
                units.grouped(tokens),
            )
            for label, usd, tokens in rows
        ],
        (what.replace(" ", "_"), "usd", "tokens"),
        [(label, usd, tokens) for label, usd, tokens in rows],
    )


def endings(view: View, counts: dict[str, int]) -> None:
    """How jobs ended, step by step down from all that started."""
    colours = palette()
    total = left = counts["tasks"]
    rows = [("Started", 0.0, float(total), f"<b>{units.grouped(total)}</b>   100\u202f%", colours.before)]
    for name, words, role in STEPS:
        if counts[name]:
            left -= counts[name]
            share = units.text(counts[name] / total, "ratio")
            text = f"<b>{units.grouped(counts[name])}</b>   {share}"
            rows.append((words, float(left), float(counts[name]), text, getattr(colours, role)))
    charts.show(
        charts.steps(colours, rows, frozenset({"Outcome unknown", "Still running"})),
        "How jobs ended: " + ", ".join(f"{name} {units.grouped(size)}" for name, _, size, _, _ in rows),
        "endings",
    )
    sizes = [(name, int(size)) for name, _, size, _, _ in rows]
    show_as_table(lambda: _endings_table(sizes, total), f"How jobs ended, {days(view.now)}", "endings")
    source_line(
        "A job handed to people counts there whatever became of it afterwards. Unknown jobs count neither as good "
        "nor as failed."
    )


def _endings_table(sizes: Sequence[tuple[str, int]], total: int) -> FigureTable:
    return FigureTable(
        ("Ending", "Jobs", "Share"),
        [(name, units.grouped(size), units.plain(size / total, "ratio")) for name, size in sizes],
        ("ending", "jobs", "share"),
        [(name, size, size / total) for name, size in sizes],
    )


def _latency_words(p50: Value, p95: Value) -> str:
    """What the distribution says, as far as there are jobs enough: 59 for one in twenty."""
    if p50.state == "low_n":
        return f"{plural(p50.n, 'job')} measured: too few to say how long half of them take"
    half = f"Half are done within {units.text(p50.value, 'ms')}"
    if p95.state == "low_n":
        return f"{half}; {plural(p95.n, 'job')} are too few to say how long one in twenty takes"
    return f"{half}, one in twenty takes longer than {units.text(p95.value, 'ms')}"


def latency(view: View) -> None:
    """How long jobs took, as a distribution over time steps that widen with the duration."""
    rows = view.ledger.rows("latency_spread", view.state.agents, **view.scope.params())
    counts = [
        (2 * gamma_of() ** row["step"] / (gamma_of() + 1), int(row["tasks"]))
        for row in rows
        if row["step"] is not None and row["step"] > -1000
    ]
    p95 = data.total(view.ledger, "task_latency", view.scope.query(), "p95")
    p50 = data.total(view.ledger, "task_latency", view.scope.query(), "p50")
    if not counts or p95 is None or p95.value is None or p50 is None:
        st.html('<p class="al quiet">No job in this period has a measured duration.</p>')
        return
    figure_head(
        _latency_words(p50, p95),
        "Jobs by time from start to end; each bar is 27\u202f% wider than the last",
    )
    charts.show(
        _latency_figure(counts, p95.value),
        f"Durations of {plural(sum(n for _, n in counts), 'job')}: median {units.text(p50.value, 'ms')}, 95th "
        f"percentile {units.text(p95.value, 'ms')}",
        "latency",
    )
    show_as_table(lambda: _latency_table(counts), f"Jobs by time from start to end, {days(view.now)}", "latency")


def _latency_table(counts: list[tuple[float, int]]) -> FigureTable:
    """The steps of the distribution by their middle; a step is 27 % wider than the one before."""
    total, upto, rows = sum(n for _, n in counts), 0, []
    for ms, n in counts:
        upto += n
        rows.append((ms, n, upto / total))
    return FigureTable(
        ("About", "Jobs", "Done by then"),
        [(units.text(ms, "ms"), units.grouped(n), units.text(share, "ratio")) for ms, n, share in rows],
        ("about_ms", "jobs", "share_done_by_then"),
        rows,
    )


def _latency_figure(counts: list[tuple[float, int]], p95: float) -> Any:
    colours = palette()
    figure = charts.blank(colours, 260, 8, 8, top=8, bottom=30)
    figure.update_layout(bargap=0.08)
    names = [units.text(ms, "ms") for ms, _ in counts]
    figure.add_bar(
        x=list(range(len(counts))),
        y=[count for _, count in counts],
        customdata=names,
        marker={"color": [colours.mark_bad if ms > p95 else colours.before for ms, _ in counts]},
        hovertemplate="from %{customdata}: %{y} jobs<extra></extra>",
    )
    every = max(1, len(counts) // 5)
    figure.update_xaxes(
        showticklabels=True,
        tickvals=list(range(0, len(counts), every)),
        ticktext=names[::every],
        tickfont={"size": 13},
        tickangle=0,
    )
    return figure


def tools(view: View) -> None:
    """The tools table, most failures first."""
    now = {value.slice: value for value in view.ledger.values("tool_reliability", view.scope.query()) if value.slice}
    if not now:
        st.html('<p class="al quiet">No tool calls in this period.</p>')
        return
    slow = {value.slice: value for value in view.ledger.values("tool_latency", view.scope.query(slice_by="tool"))}
    failed = {
        row["tool_name"]: row["failed_at"]
        for row in view.ledger.rows("last_tool_failures", view.state.agents, **view.scope.params())
    }
    rows = [
        Tool(
            name,
            value,
            slow.get(f"{name}:p95"),
            f"last failure {clock(failed[name], view.zone)}"
            if name in failed
            else f"no failure in {plural(view.now.days, 'day')}",
        )
        for name, value in now.items()
    ]
    rows.sort(key=lambda tool: (tool.reliability.value if tool.reliability.value is not None else 2.0, tool.name))
    limit = next((1 - row["target"] for row in targets(view) if row["kpi"] == "tool_reliability"), None)
    st.html(tools_table(rows, limit))
    source_line(
        f"Limit for failures {units.text(limit, 'ratio')}."
        if limit is not None
        else "No limit for tool failures is declared."
    )


def crew(view: View) -> None:
    """Who did what in jobs that several agents work on; nothing where there are none."""
    rows = view.ledger.rows("crew", view.state.agents, **view.scope.params(), task=None)
    if rows:
        section("Agents at work", "Jobs that several agents share")
        st.html(crew_table(rows))
        source_line(crew_note(rows))
