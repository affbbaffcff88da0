"""One KPI over time: the line with its interval, the table behind it, and the jobs behind a point."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import cards, data, insights
from dashboard.cards import Spec
from dashboard.components import charts, time_chart
from dashboard.components.figure_table import EXACT, FigureTable, exact, show_as_table, value_cells
from dashboard.components.sections import figure_head, source_line
from dashboard.components.time_chart import Point
from dashboard.filters import Params, Window, href
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import days, esc, local
from metrics import units
from metrics.model import Value

OVER_TIME = ("cost_per_success", "success_rate", "accuracy", "task_latency", "escalation_rate", "task_volume")
MOST_RELEASES = 5


def draw(view: View, kpi: str) -> None:
    """This period with its interval, the period before in grey, releases and the target; a point opens its jobs."""
    spec = cards.BY_KPI[kpi]
    values = cards.daily(view, spec)
    known = {value.start: value for value in values if value.value is not None and value.state != "not_applicable"}
    if len(known) < 2:
        st.html('<p class="al quiet">Too few days with a value for a line.</p>')
        return
    points = [_point(day, known.get(day)) for day in _starts(view, known)]
    unit, step = values[0].unit, cards.step_of(view)
    figure_head(
        _finding(values, spec.label),
        f"{spec.label} per {step}, {days(view.now)}, with 95\u202f% interval; grey: {days(view.before)}",
    )
    alt = f"{spec.label} per {step} from {days(view.now)}: {_said(points, unit)}"
    before, target = _earlier(view, spec), cards.target_of(values[0], targets(view), view)
    figure = _figure(view, spec, values, points, before, target)
    clicked = charts.show_clickable(figure, alt, f"time_{kpi}")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        name = f"{spec.label} per {step}, {days(view.now)}"
        show_as_table(lambda: _table(view, spec, points, known), name, f"{kpi}_per_{step}")
        _jobs_behind(view, spec, known.get(clicked) if clicked else None)
    cut = time_chart.is_cut(points, before, target["target"] if target else None)
    source_line(
        f"Vertical lines are the first job of a version; tinted days hold a change with 90\u202f% chance. "
        f"Days in {view.zone.key}. A gap is a {step} without a value."
        + (" Intervals that reach far beyond the line are cut; the table has them whole." if cut else "")
    )


def window_of(view: View, start: date) -> Window:
    """The days that a point stands for: one day, or a week cut at the ends of the view."""
    width = timedelta(days=1 if cards.step_of(view) == "day" else 7)
    return Window(max(start, view.now.start), min(start + width, view.now.end))


def jobs_params(view: View, spec: Spec, start: date) -> Params:
    """The query string of the job list behind a point: that day as a custom period, the same agents and versions."""
    return view.state.custom(window_of(view, start)).params() | ({"show": spec.show} if spec.show != "all" else {})


def _starts(view: View, known: dict[date, Value]) -> list[date]:
    if cards.step_of(view) == "day":
        return [view.now.start + timedelta(days=place) for place in range(view.now.days)]
    return sorted(known)


def _earlier(view: View, spec: Spec) -> list[float | None]:
    """The values of the period before, laid under the same days."""
    step = cards.step_of(view)
    before = data.series(view.ledger, spec.kpi, view.scope_before.query(by=step), spec.part)
    if step == "day":
        return cards.filled(before, view.before.start, view.before.end, 1)
    return [value.value for value in before]


def _figure(
    view: View,
    spec: Spec,
    values: list[Value],
    points: list[Point],
    before: list[float | None],
    target: dict[str, Any] | None,
) -> Any:
    return time_chart.over_time(
        palette(),
        points,
        values[0].unit,
        before=before,
        releases=_releases(view),
        target=target["target"] if target else None,
        target_word="Target" if target and target["limit_kind"] == "min" else "Limit",
        since=_since(view, spec.kpi),
        arriving=next((value.start for value in values if value.state == "immature"), None),
    )


def _point(day: date, value: Value | None) -> Point:
    return Point(day, value.value, value.low, value.high, value.n) if value else Point(day)


def _said(points: list[Point], unit: str) -> str:
    known = [point.value for point in points if point.value is not None]
    named = (("first", known[0]), ("last", known[-1]), ("lowest", min(known)), ("highest", max(known)))
    return ", ".join(f"{name} {units.text(value, unit)}" for name, value in named)


def _finding(values: list[Value], label: str) -> str:
    known = [value.value for value in values if value.value is not None]
    least, most = (units.text(end(known), values[0].unit) for end in (min, max))
    return f"{label} was always {least}" if least == most else f"{label} lay between {least} and {most}"


def _table(view: View, spec: Spec, points: list[Point], known: dict[date, Value]) -> FigureTable:
    """Every point, the newest first; the day leads to its jobs, so that the keyboard gets there too."""
    starts = [point.day for point in reversed(points)]
    step = cards.step_of(view)
    return FigureTable(
        (step.capitalize(), spec.label, "n", "95\u202f% interval"),
        [(_day_link(view, spec, start, known), *value_cells(known.get(start))) for start in starts],
        (f"{step}_from", f"{step}_to", *EXACT),
        [(start, window_of(view, start).last, *exact(known.get(start))) for start in starts],
    )


def _day_link(view: View, spec: Spec, start: date, known: dict[date, Value]) -> str:
    name = days(window_of(view, start))
    if start not in known:
        return name
    shown = {"show": spec.show} if spec.show != "all" else {}
    return f'<a href="{esc(href("tasks", view.state.custom(window_of(view, start)), **shown))}">{name}</a>'


def _jobs_behind(view: View, spec: Spec, value: Value | None) -> None:
    if value is None:
        st.html('<p class="al quiet hint">Choose a point to see its jobs.</p>')
        return
    shown = f"{days(window_of(view, value.start))}: {units.of_value(value)}"
    label = f"See the {units.grouped(value.n)} job{'' if value.n == 1 else 's'} of {shown}"
    params = jobs_params(view, spec, value.start)
    st.page_link("dashboard/pages/3_tasks.py", label=label, icon=":material/arrow_forward:", query_params=params)


def targets(view: View) -> data.Rows:
    """The targets in force on any day of this period."""
    return view.ledger.rows("targets", view.state.agents, **{"from": view.now.start, "to": view.now.end})


def _since(view: View, kpi: str) -> list[tuple[date, date, str]]:
    """The days that hold a change of this KPI with 90 % chance, where it began in this period."""
    return [
        (each.onset.first, each.onset.last, f"{'▼' if each.direction == 'down' else '▲'} since")
        for each in insights.shown(view).insights or ()
        if each.kpi == kpi
        and each.onset is not None
        and each.kind != "level"
        and each.state != "held"
        and view.now.start <= each.onset.day < view.now.end
    ]


def _releases(view: View) -> list[tuple[Any, str]]:
    rows = view.ledger.rows("versions", view.state.agents)
    starts = [(row["first_seen_at"], str(row["version"])) for row in rows if row["version"] and row["first_seen_at"]]
    # The first version ever seen marks the start of the data, not a release.
    return [
        (at, f"v{name}" if name[:1].isdigit() else name)
        for at, name in ((local(at, view.zone).replace(tzinfo=None), name) for at, name in starts[1:])
        if view.now.start <= at.date() < view.now.end
    ][-MOST_RELEASES:]
