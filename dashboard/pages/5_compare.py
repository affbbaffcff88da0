"""Compare.

Two versions, two agents or two periods: is the second better, by how much, and how sure is that?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import streamlit as st

from dashboard import comparing
from dashboard.comparing import Asked
from dashboard.components import charts, empty
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.sections import figure_head, section, source_line
from dashboard.components.table import named, table
from dashboard.filters import FilterState, Window
from dashboard.theme import palette
from dashboard.view import View, begin
from dashboard.words import days, esc
from metrics import units
from metrics.comparison.model import MEASURES, VERDICT_WORDS, Arm, Beside, Comparison, Kind, Measure
from metrics.comparison.words import BASIS, BESIDE_WORDS, beside_text, counted, headline, sure, why
from metrics.effects.model import GRADES
from metrics.effects.words import amount, limits

KINDS: dict[Kind, str] = {"versions": "Versions", "agents": "Agents", "periods": "Periods"}
MARKS = {
    "improved": ("▲", "good"), "improved_size_unclear": ("▲", "good"), "worse": ("▼", "bad"),
    "worse_size_unclear": ("▼", "bad"), "no_material_change": ("■", "plain"), "undetermined": ("◐", "quiet"),
    "blocked": ("■", "bad"),
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What the URL asks for."""

    kind: Kind
    measure: Measure
    asked: Asked | None


def draw() -> None:
    """Draw the page."""
    view = begin(("what", "measure", "a", "b", "split"), one_agent=True)
    if view is None:
        return
    choice = _choices(view)
    if choice.asked is None:
        _nothing_to_compare(view, choice.kind)
        return
    found = comparing.compared(view.ledger, choice.asked)
    _lead(view, found)
    _difference(found)
    _sides(view, found)
    if not found.split.blocks:
        _beside(found)
    _trust(found)


def _choices(view: View) -> Choice:
    """The controls; each writes itself into the URL."""
    kind = cast(Kind, _one_of("what", "Compare", KINDS, "versions"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        asked = comparing.ask(view, kind)
        measure = cast(Measure, _one_of("measure", "By", MEASURES, "success"))
    return Choice(kind, measure, None if asked is None else asked.measured(measure))


def _one_of(name: str, label: str, words: dict, usual: str) -> str:  # type: ignore[type-arg]
    given = st.query_params.get(name, usual)
    chosen = given if given in words else usual
    st.session_state[f"compare_{name}"] = chosen

    def keep() -> None:
        comparing.put(name, st.session_state[f"compare_{name}"], usual)

    st.segmented_control(
        label, list(words), format_func=lambda key: words[key], key=f"compare_{name}", required=True,
        label_visibility="collapsed", on_change=keep,
    )  # fmt: skip
    return chosen


def _nothing_to_compare(view: View, kind: Kind) -> None:
    agent = view.state.agents[0]
    names = comparing.versions_of(view, agent)
    said = f"only version {names[0]} was" if names else "no version of it was"
    text = {
        "versions": f"{view.name(agent)} cannot be compared by version: {said} ever seen.",
        "agents": "There is only one agent here.",
        "periods": "There are no two periods to compare.",
    }[kind]
    link = view.link("compare", FilterState(agents=(agent,)), what="periods")
    steps = (
        f'<a href="{esc(link)}">Compare its last 28 days with the 28 before</a>',
        "State the version on its spans (<code>gen_ai.agent.version</code>), or switch on the inventory source.",
    )
    st.html(empty.message(esc(text), "Two sides are needed.", steps=steps))


def _lead(view: View, found: Comparison) -> None:
    glyph, style = MARKS[found.verdict]
    sides = " · ".join(
        f"{letter} {esc(arm.side.name)}, {_when(arm)}" for letter, arm in (("B", found.b), ("A", found.a))
    )
    st.html(
        f'<div class="al lead"><p class="eyebrow">{esc(view.name(found.b.side.agent_id))} · {sides}</p>'
        f"<h1>{esc(headline(found))}</h1>"
        f'<p class="sub"><span class="{style} b">{glyph} {VERDICT_WORDS[found.verdict]}</span>. {esc(why(found))}'
        "</p></div>"
    )
    for note in found.notes:
        st.html(f'<div class="al note" role="note">{esc(note)}</div>')


def _when(arm: Arm) -> str:
    """The days of a side; in words where it did nothing on any."""
    return days(Window(arm.side.start, arm.side.end), year=True) if arm.first_at else "never at work in these data"


def _difference(found: Comparison) -> None:
    """The difference with its interval, against the band of what does not matter."""
    if not found.differences or found.split.blocks:
        return
    colours = palette()
    section("How far apart they are", "Kinds of task weighted alike on both sides, where there are several")
    figure_head(
        f"B {units.DASH} A: {amount(found.differences[0].amount, 'ratio')} {BASIS[found.differences[0].basis]}",
        f"{MEASURES[found.measure]}, points; bars are 95\u202f% intervals that hold at every look, "
        f"the band is ±{100 * found.rope:g} points, which do not matter",
    )
    rows = [(BASIS[each.basis], each.amount, each.limits.lo, each.limits.hi) for each in found.differences]
    alt = "; ".join(
        f"{BASIS[each.basis]}: {amount(each.amount, 'ratio')}, {limits(each.limits, 'ratio')}"
        for each in found.differences
    )
    charts.show(comparing.figure(colours, rows, found.rope), f"B minus A. {alt}", "difference")
    show_as_table(lambda: _difference_table(found), "B minus A", "difference")


def _difference_table(found: Comparison) -> FigureTable:
    return FigureTable(
        ("Basis", "B − A", "95\u202f% at any look", "Tasks"),
        [
            (esc(BASIS[d.basis]), amount(d.amount, "ratio"), limits(d.limits, "ratio"), units.grouped(d.cases))
            for d in found.differences
        ],
        ("basis", "amount", "low", "high", "tasks"),
        [(d.basis, d.amount, d.limits.lo, d.limits.hi, d.cases) for d in found.differences],
    )


def _sides(view: View, found: Comparison) -> None:
    section("Both sides", "Kinds of task with at least 30 answers a side stand alone for the common mix")
    rows = [
        (
            named(f"{name} · {arm.side.name}", esc(view.name(arm.side.agent_id)), _when(arm)),
            units.grouped(arm.tasks),
            counted(arm),
        )
        for name, arm in (("A", found.a), ("B", found.b))
    ]
    st.html(table("Side", ("Finished tasks", MEASURES[found.measure]), rows))
    kinds = sorted({cell.name for arm in (found.a, found.b) for cell in arm.cells})
    if len(kinds) > 1:
        cells = [{cell.name: cell for cell in arm.cells} for arm in (found.a, found.b)]
        st.html(
            table(
                "Kind of task", ("A", "B"), [(esc(kind), *(_cell(side.get(kind)) for side in cells)) for kind in kinds]
            )
        )


def _cell(cell: object) -> str:
    n, k = getattr(cell, "n", 0), getattr(cell, "k", 0)
    return f"{units.grouped(k)} of {units.grouped(n)} ({units.text(k / n, 'ratio')})" if n else units.NOTHING


def _beside(found: Comparison) -> None:
    section(
        "Cost, time and the rest beside it",
        "On the common mix; 95\u202f% intervals that hold at every look, those of pass^k for one",
    )
    rows = [
        (
            esc(each.label),
            *(units.of_value(value) + _range(value) if value else units.NOTHING for value in (each.a, each.b)),
            _moved(each),
        )
        for each in found.beside
    ]
    st.html(table("Measure", ("A", "B", "From A to B"), rows))


def _moved(each: Beside) -> str:
    """How far a measure moved, with its verdict or why there is none."""
    style = {"better": "good", "worse": "bad"}.get(each.word, "plain")
    under = f'<span class="under">{esc(each.why)}</span>' if each.word == "cannot_tell" and each.why else ""
    return f'{esc(beside_text(each))}<span class="under {style}">{BESIDE_WORDS[each.word]}</span>{under}'


def _range(value: object) -> str:
    between = units.interval(*(getattr(value, name) for name in ("value", "low", "high", "unit")))
    return f'<span class="under">{esc(between)}</span>' if between else ""


def _trust(found: Comparison) -> None:
    section("How far to trust it", f"Design {found.grade}")
    rows = [
        ("Split", found.split.text),
        ("Evidence", sure(found.evidence)),
        ("Design", f"{found.grade}: {GRADES[found.grade]}."),
        ("Method", "A confidence sequence and an e-process: right however often one looks. Sides are weighted to their "
         "common mix of task types; where both did the same jobs, each job counts once."),
    ]  # fmt: skip
    terms = "".join(f"<dt>{esc(term)}</dt><dd>{esc(text)}</dd>" for term, text in rows)
    st.html(f'<div class="al defs"><dl class="grid">{terms}</dl></div>')
    source_line("Grades: " + " · ".join(f"{grade} {words}" for grade, words in GRADES.items()) + ".")


if __name__ == "__main__":
    draw()
