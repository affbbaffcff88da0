"""Readiness.

Is an agent fit to be relied on? Four pillars, each criterion with its evidence, and what to do next.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import readiness
from dashboard.components.agents_table import monogram
from dashboard.components.sections import section, source_line
from dashboard.components.table import table
from dashboard.filters import Window
from dashboard.readiness import GLYPHS, PILLAR_GLYPHS, PILLAR_WORDS
from dashboard.theme import scheme
from dashboard.view import View, begin
from dashboard.words import day, days, esc, prose
from metrics import units
from metrics.readiness.model import WORDS, Finding, Pillar, Scorecard, State
from metrics.readiness.score import statement
from metrics.readiness.words import headline, score_text, tally
from sql.errors import HomeNotWritable

LONGEST_WAIVER = timedelta(days=365)
USUAL_WAIVER = timedelta(days=30)


def draw() -> None:
    """Draw the page."""
    view = begin(one_agent=True)
    if view is None:
        return
    agent = view.state.agents[0]
    card = readiness.cards(view.ledger)[agent]
    with st.container(key="scorecard", gap="small"):
        _head(view, card)
        _pillars(card)
        for pillar in card.pillars:
            _pillar(view, card, pillar)
        source_line(
            "★ must pass. A pillar is a range: what passes, and what may once it is known; it is met where 80\u202f% "
            "pass. Ready: every ★ passes and every pillar is met. Not recorded never counts as passed, and a waiver "
            "changes no score. Counted are finished tasks of real work."
        )


def _head(view: View, card: Scorecard) -> None:
    window = Window(card.window.start, card.window.end)
    facts = view.agents[card.agent_id]
    owner = f"Owner {esc(facts['owner'])}" if facts["owner"] else "no owner declared"
    blocker = card.blocker
    waiting = (
        f"<b>In the way:</b> {esc(blocker.criterion.question)} {esc(blocker.decisive.text)}"
        + (f" <b>Do next:</b> {prose(blocker.do_next)}" if blocker.evidence_state != "unknown" else "")
        if blocker and card.badge != "not_assessed"
        else "Nothing stands in the way."
        if card.badge == "ready"
        else "No record tells anything about it. Each criterion says how to record it."
    )
    st.html(
        f'<div class="al lead"><p class="eyebrow">{monogram(view.letters(card.agent_id), view.slot(card.agent_id))} '
        f"Readiness · {days(window, year=True)}, the last {card.window.days} complete days · {owner}</p>"
        f'<h1>{esc(headline(card))}</h1><p class="sub">{esc(tally(card))} {waiting}</p></div>'
    )


def _pillars(card: Scorecard) -> None:
    blocks = []
    for pillar in card.pillars:
        glyph, style = PILLAR_GLYPHS[pillar.badge]
        marks = "".join(
            f'<i class="{GLYPHS[each.state][1]}" title="{esc(each.criterion.id)}">{GLYPHS[each.state][0]}</i>'
            for each in card.of(pillar.number)
        )
        score = (
            score_text(pillar) if pillar.badge != "not_assessed" else f"0{units.DASH}{pillar.total} of {pillar.total}"
        )
        soft = " soft" if pillar.badge == "not_assessed" else ""
        blocks.append(
            f'<div class="pillar{soft}"><div class="label">{esc(readiness.pillar_name(pillar))}</div>'
            f'<div class="value">{score}</div>'
            f'<div class="marks" aria-hidden="true">{marks}</div>'
            f'<div class="{style} b">{glyph} {PILLAR_WORDS[pillar.badge]}</div></div>'
        )
    st.html(f'<div class="al scorecard">{"".join(blocks)}</div>')


def _pillar(view: View, card: Scorecard, pillar: Pillar) -> None:
    section(readiness.pillar_name(pillar), f"{score_text(pillar)} · {PILLAR_WORDS[pillar.badge]}")
    for finding in card.of(pillar.number):
        name = finding.criterion.id.replace(".", "_")
        with st.container(key=f"crit_{name}", horizontal=True, vertical_alignment="top", gap="small", wrap=False):
            st.html(_row(finding))
            with st.container(key=f"act_{name}", width="content"):
                _how_we_know(view, card, finding)


def _row(finding: Finding) -> str:
    criterion = finding.criterion
    star = ' <span class="att" title="must pass">★</span><span class="sr">must pass</span>' if criterion.star else ""
    told = [each for each in finding.judged if each.state != "unknown"]
    mixed = len({each.state for each in finding.judged}) > 1
    evidence = "".join(f"<p>{_mark(each.state) if mixed else ''}{prose(each.text)}</p>" for each in told)
    if not told:
        evidence = '<p class="faint">Nothing records it.</p>'
    waived = finding.waiver if finding.state == "waived" else None
    note = (
        f'<p class="att">Waived by {esc(waived.waived_by)} until {day(waived.until, year=True)}: {esc(waived.reason)} '
        f"(the evidence: {esc(WORDS[finding.evidence_state])})</p>"
        if waived
        else ""
    )
    todo = f'<p class="todo">{prose(finding.do_next)}</p>' if finding.do_next else ""
    return (
        f'<div class="al criterion"><div>{readiness.verdict(finding.state, WORDS[finding.state])}'
        f'<span class="under">{esc(criterion.id)}{star}</span></div>'
        f'<div><div class="what">{esc(criterion.label)}</div><div class="why">{evidence}{note}</div>{todo}</div></div>'
    )


def _mark(state: State) -> str:
    """The glyph of a part, where the parts of a criterion differ."""
    glyph, style = GLYPHS[state]
    return (
        f'<span class="{style}" title="{esc(WORDS[state])}">{glyph}</span><span class="sr">{esc(WORDS[state])}</span> '
    )


def _how_we_know(view: View, card: Scorecard, finding: Finding) -> None:
    name = finding.criterion.id.replace(".", "_")
    drawer = st.popover("How we know", type="tertiary", key=f"know_{name}", on_change="rerun")
    if not drawer.open:
        return
    criterion = finding.criterion
    query = statement(criterion, card.window, view.ledger.access, [card.agent_id])
    with drawer:
        rows = [
            (
                esc(f"{each.part} {each.slice}".strip()),
                readiness.verdict(each.state, WORDS[each.state]),
                _number(each.row.get("yes")),
                _number(each.row.get("n")),
                _number(each.row.get("value")),
            )
            for each in finding.judged
        ]
        st.html(
            f'<div class="al pop defs" style="color-scheme:{scheme()}"><dl><dt>{esc(criterion.id)}</dt>'
            f"<dd>{esc(criterion.question)}</dd></dl>"
            f"{table('Part', ('Verdict', 'Yes', 'Of', 'Value'), rows)}</div>"
        )
        if finding.evidence_state != "pass":
            _waiver_form(view, finding, name)
        st.code(query.spelled_out(), language="sql", wrap_lines=True)
        st.caption("The same SELECT runs on kpis.duckdb with any DuckDB client.")


def _number(value: float | None) -> str:
    if value is None:
        return units.NOTHING
    return units.grouped(value) if float(value).is_integer() else units.significant(float(value))


def _waiver_form(view: View, finding: Finding, name: str) -> None:
    """Accept that the criterion is not met, for some time, under a name and with a reason."""
    today = datetime.now(UTC).date()
    with st.form(f"waive_{name}", border=False):
        st.caption("Waive it for a while: it stays in the score, and everybody sees who accepted it.")
        until = st.date_input(
            "Until (last day)",
            today + USUAL_WAIVER,
            today,
            today + LONGEST_WAIVER,
            key=f"until_{name}",
            format="YYYY-MM-DD",
        )
        reason = st.text_input("Why", key=f"why_{name}", max_chars=200)
        who = st.text_input("Who accepts it", key=f"who_{name}", max_chars=80)
        sent = st.form_submit_button("Waive")
    if not sent:
        return
    if not reason.strip() or not who.strip():
        st.warning("A waiver needs a reason and a name.")
        return
    try:
        readiness.waive(view.ledger, finding, until, reason.strip(), who.strip())
    except HomeNotWritable as error:
        st.error(f"{error.message} {error.remedy}")
        return
    st.rerun()


if __name__ == "__main__":
    draw()
