"""The table behind a figure: the same numbers exactly, for people who cannot or would rather not read a chart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import theme
from dashboard.words import esc
from metrics import units
from metrics.model import Value

EXACT = ("value", "low", "high", "n", "coverage", "state", "unit")


@dataclass(frozen=True)
class FigureTable:
    """The numbers of a figure: `shown` holds HTML cells under `heads`, `raw` unrounded values under `fields`."""

    heads: tuple[str, ...]
    shown: Sequence[tuple[str, ...]]
    fields: tuple[str, ...]
    raw: Sequence[tuple[object, ...]]


def show_as_table(make: Callable[[], FigureTable], name: str, key: str) -> None:
    """A quiet button that opens the table with its CSV; the table is made only while it is open."""
    drawer = st.popover("Show as table", type="tertiary", key=f"table_{key}", on_change="rerun")
    if not drawer.open:
        return
    found = make()
    with drawer:
        st.html(values_html(found, name))
        st.download_button(
            "Download CSV",
            csv_text(found.fields, found.raw),
            f"{key.replace('_', '-')}.csv",
            "text/csv",
            key=f"csv_{key}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def values_html(found: FigureTable, name: str, *, short: bool = False) -> str:
    """The table as HTML in a region that scrolls by keyboard; the first column heads the rows, `short` keeps it low."""
    head = "".join(
        f'<th scope="col"{" class=num" if place else ""}>{text}</th>' for place, text in enumerate(found.heads)
    )
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td class=num>{cell}</td>" for cell in row[1:])}</tr>'
        for row in found.shown
    )
    return (
        f'<div class="al vals{" short" if short else ""}" role="region" tabindex="0" aria-label="{esc(name)}" '
        f'style="color-scheme:{theme.scheme()}"><table><caption class="sr">{esc(name)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def csv_text(fields: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV, with full precision; an unknown value is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def value_cells(value: Value | None) -> tuple[str, str, str]:
    """A value as cells: exact value, n, 95 % interval."""
    if value is None or value.state == "not_applicable":
        return units.NOTHING, "0", units.NOTHING
    between = (
        f"{units.plain(value.low, value.unit)} {units.DASH} {units.plain(value.high, value.unit)}"
        if value.low is not None and value.high is not None
        else units.NOTHING
    )
    bound = f"≥{units.THIN}" if value.at_least else ""
    return f"{bound}{units.plain(value.value, value.unit)}", units.grouped(value.n), between


def exact(value: Value | None) -> tuple[object, ...]:
    """A value unrounded, in the order of EXACT."""
    return tuple(getattr(value, name, None) for name in EXACT)


def _safe(value: object) -> object:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
