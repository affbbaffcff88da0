"""The figures of the agent page, each from one or two questions to `metrics`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard import cards, data
from dashboard.components import charts
from dashboard.components.sections import figure_head, source_line
from dashboard.components.tools_table import Tool, tools_table
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import clock, days, plural
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
OVER_TIME = ("cost_per_success", "success_rate", "accuracy", "task_latency", "escalation_rate", "task_volume")


def over_time(view: View, kpi: str) -> None:
    """One KPI over this period, with its interval, the period before in grey, releases and the target."""
    spec = cards.BY_KPI[kpi]
    values = cards.daily(view, spec)
    step = cards.step_of(view)
    width = 1 if step == "day" else 7
    known = {value.start: value for value in values if value.value is not None and value.state != "not_applicable"}
    if len(known) < 2:
        st.html('<p class="al quiet">Too few days with a value for a line.</p>')
        return
    starts = (
        [view.now.start + timedelta(days=place) for place in range(0, view.now.days, width)]
        if width == 1
        else sorted(known)
    )
    points = [_point(day, known.get(day)) for day in starts]
    before = data.series(view.ledger, kpi, view.scope_before.query(by=step), spec.part)
    earlier = (
        cards.filled(before, view.before.start, view.before.end, 1) if width == 1 else [value.value for value in before]
    )
    target = cards.target_of(values[0], _targets(view), view)
    unit = values[0].unit
    limit = (target["target"], "Target" if target["limit_kind"] == "min" else "Limit") if target else (None, "")
    arriving = next((value.start for value in values if value.state == "immature"), None)
    figure = charts.over_time(
        palette(),
        points,
        unit,
        before=earlier,
        releases=_releases(view),
        target=limit[0],
        target_word=limit[1],
        arriving=arriving,
    )
    figure_head(
        _time_finding(values, spec.label),
        f"{spec.label} per {step}, {days(view.now)}, with 95\u202f% interval; grey: {days(view.before)}",
    )
    charts.show(figure, f"{spec.label} per {step} from {days(view.now)}: {_said(points, unit)}", f"time_{kpi}")
    source_line(
        f"Vertical lines are the first job of a version. Days in {view.zone.key}. A gap is a day without a value."
    )


def _point(day: Any, value: Value | None) -> tuple[Any, float | None, float | None, float | None]:
    return (day, value.value, value.low, value.high) if value else (day, None, None, None)


def _said(points: list[tuple[Any, float | None, float | None, float | None]], unit: str) -> str:
    known = [value for _, value, _, _ in points if value is not None]
    named = (("first", known[0]), ("last", known[-1]), ("lowest", min(known)), ("highest", max(known)))
    return ", ".join(f"{name} {units.text(value, unit)}" for name, value in named)


def _time_finding(values: list[Value], label: str) -> str:
    known = [value.value for value in values if value.value is not None]
    unit = values[0].unit
    return f"{label} lay between {units.text(min(known), unit)} and {units.text(max(known), unit)}"


def _targets(view: View) -> data.Rows:
    return view.ledger.rows("targets", view.state.agents, **{"from": view.now.start, "to": view.now.end})


def _releases(view: View) -> list[tuple[Any, str]]:
    rows = view.ledger.rows("versions", view.state.agents)
    starts = [(row["first_seen_at"], str(row["version"])) for row in rows if row["version"] and row["first_seen_at"]]
    # The first version ever seen marks the start of the data, not a release.
    return [
        (at, f"v{name}" if name[:1].isdigit() else name)
        for at, name in starts[1:]
        if view.now.start <= at.date() < view.now.end
    ][-5:]


def cost_by_kind(view: View, parts: data.Rows) -> None:
    """Spend by kind of token."""
    by_kind = _summed(parts, "token_kind")
    total = sum(money for money, _ in by_kind.values())
    _cost_bars(
        view,
        [(TOKEN_KINDS.get(kind, kind), *by_kind[kind]) for kind in _by_money(by_kind)],
        total,
        "kind of token",
        "cost_kind",
    )


def cost_by_model(view: View, parts: data.Rows) -> None:
    """Spend by model."""
    by_model = _summed(parts, "model")
    total = sum(money for money, _ in by_model.values())
    _cost_bars(view, [(_short(model), *by_model[model]) for model in _by_money(by_model)], total, "model", "cost_model")


def _summed(parts: data.Rows, field: str) -> dict[str, tuple[float, int]]:
    found: dict[str, tuple[float, int]] = {}
    for row in parts:
        money, tokens = found.get(row[field], (0.0, 0))
        found[row[field]] = (money + (row["usd"] or 0.0), tokens + row["tokens"])
    return found


def _by_money(found: dict[str, tuple[float, int]]) -> list[str]:
    return sorted(found, key=lambda name: (-found[name][0], -found[name][1], name))[:8]


def _short(model: str) -> str:
    """A model id short enough to stand beside its bar: without provider, date and revision."""
    name = model.split(".", 1)[-1].split(":")[0]
    words = [word for word in name.split("-") if not (word.isdigit() and len(word) == 8) and word not in ("v1", "v2")]
    return "-".join(words)[:24]


def _cost_bars(view: View, rows: list[tuple[str, float, int]], total: float, what: str, key: str) -> None:
    if not rows:
        st.html(f'<p class="al quiet">No model calls with tokens in {days(view.now)}.</p>')
        return
    colours = palette()
    name, money, _ = rows[0]
    share = f" {units.text(money / total, 'ratio')}" if total else ""
    figure_head(
        f"{name}: {share.strip()} of the spend" if total else "No part of this has a price",
        f"US dollars by {what}, {days(view.now)}; tokens beside it",
    )
    shown = [
        (
            label,
            usd,
            f"<b>{units.money(usd) if usd else units.NOTHING}</b>  {units.text(tokens, 'tokens')}",
            colours.now if place == 0 else colours.before,
        )
        for place, (label, usd, tokens) in enumerate(rows)
    ]
    alt = f"Spend by {what}: " + ", ".join(f"{label} {units.money(usd)}" for label, usd, _ in rows)
    charts.show(charts.bars(colours, shown), alt, key)


def endings(view: View, counts: dict[str, int]) -> None:
    """How jobs ended, step by step down from all that started."""
    colours = palette()
    order = (
        ("abandoned", "Abandoned", colours.abandoned),
        ("failed", "Failed", colours.failed),
        ("escalated", "Handed to people", colours.escalated),
        ("running", "Still running", colours.before),
        ("unknown", "Outcome unknown", colours.before),
        ("assumed", "Good, assumed", colours.assumed),
        ("confirmed", "Good, confirmed", colours.confirmed),
    )
    total = counts["tasks"]
    rows = [("Started", 0.0, float(total), f"<b>{units.grouped(total)}</b>   100\u202f%", colours.before)]
    left = total
    for name, words, colour in order:
        if counts[name]:
            left -= counts[name]
            rows.append(
                (
                    words,
                    float(left),
                    float(counts[name]),
                    f"<b>{units.grouped(counts[name])}</b>   {units.text(counts[name] / total, 'ratio')}",
                    colour,
                )
            )
    figure = charts.steps(colours, rows, frozenset({"Outcome unknown", "Still running"}))
    charts.show(
        figure,
        "How jobs ended: " + ", ".join(f"{name} {units.grouped(size)}" for name, _, size, _, _ in rows),
        "endings",
    )
    source_line(
        "A job handed to people counts there whatever became of it afterwards. Unknown jobs count neither as good "
        "nor as failed."
    )


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
        f"Half are done within {units.text(p50.value, 'ms')}, one in twenty takes longer than "
        f"{units.text(p95.value, 'ms')}",
        "Jobs by time from start to end; each bar is 27\u202f% wider than the last",
    )
    charts.show(
        _latency_figure(counts, p95.value),
        f"Durations of {plural(sum(n for _, n in counts), 'job')}: median {units.text(p50.value, 'ms')}, 95th "
        f"percentile {units.text(p95.value, 'ms')}",
        "latency",
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
    limit = next((1 - row["target"] for row in _targets(view) if row["kpi"] == "tool_reliability"), None)
    st.html(tools_table(rows, limit))
    source_line(
        f"Limit for failures {units.text(limit, 'ratio')}."
        if limit is not None
        else "No limit for tool failures is declared."
    )
