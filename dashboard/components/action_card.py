"""Actions and issues as blocks and rows: state, verdict in words, effect in money, guards, days."""

from __future__ import annotations

from dashboard.words import day, esc, listed, plural
from metrics import units
from metrics.actions.book import Book
from metrics.actions.issues import Issue
from metrics.actions.model import VERDICT_WORDS, Action, Outcome
from metrics.actions.words import (
    GUARD_WORDS,
    STATE_WORDS,
    after_spell,
    designed,
    has_restored,
    headline,
    planned,
    sentence,
    verdict,
)
from metrics.insights.model import Insight

STATE_GLYPHS = {
    "proposed": ("○", "quiet"), "accepted": ("◔", "quiet"), "shipped": ("◐", "att"), "kept": ("●", "good"),
    "reverted": ("↩", "quiet"), "dismissed": ("×", "quiet"),
}  # fmt: skip
VERDICT_STYLE = {
    "improved": "good", "improved_size_unclear": "good", "no_material_change": "quiet", "worse": "bad",
    "worse_size_unclear": "bad", "trade_off": "att", "undetermined": "quiet",
}  # fmt: skip
GUARD_GLYPHS = {"held": ("●", "good"), "breached": ("■", "bad"), "not_settled": ("◐", "quiet")}
ISSUE_GLYPHS = {
    "new": ("◆", "att"), "escalating": ("▲", "bad"), "ongoing": ("■", "bad"), "resolved": ("●", "good"),
    "regressed": ("↻", "bad"), "ignored": ("×", "quiet"),
}  # fmt: skip


def action_html(action: Action, found: Outcome, name: str, answers: str) -> str:
    """One action: verdict with its money, what was promised, guards and what stands in the way.

    `answers` names the finding that it answers; '' = none.
    """
    glyph, style = STATE_GLYPHS[action.state]
    said = f'<p class="verdict {_verdict_style(action, found)}">{esc(headline(found))}</p>' if found.move else ""
    lines = "".join(f"<dt>{label}</dt><dd>{esc(text)}</dd>" for label, text in _rows(action, found, answers))
    return (
        f'<div class="al attn insight" data-action="{esc(action.action_id)}" data-state="{action.state}">'
        f'<div class="kind {style}">{glyph} {STATE_WORDS[action.state]}</div>'
        f'<div><h3 class="what">{esc(name)}: {esc(action.title)}</h3>{said}<dl>{lines}{_guards(found)}'
        f"{_notes(action, found)}</dl></div>{_size(action, found)}</div>"
    )


def _rows(action: Action, found: Outcome, answers: str) -> list[tuple[str, str]]:
    """What is said about an action, line by line."""
    written = f"written down {day(action.registered_at.date())} by {action.registered_by}"
    rows = [("Promised", f"{planned(action.plan, found.label, found.unit)}; {written}")]
    if answers:
        rows.append(("Answers", answers))
    shipped = action.shipped
    if shipped is not None and shipped.changed_at is not None:
        rows.append(("In effect", f"since {day(shipped.changed_at.date())}, says {shipped.entered_by}"))
        rows.append(("Verdict", found.says))
        if found.move is not None:
            rows.append(("Counted", _cases(found)))
            if found.money.value is None:
                rows.append(("Money", found.money.basis))
    elif action.dismissed is not None:
        rows.append(("Why", f"{action.dismissed.reason} ({action.dismissed.entered_by})"))
    decided = action.decided
    if decided is not None:
        known = action.decided_on
        word = f"on the verdict “{VERDICT_WORDS[known]}”" if known else "before there was a verdict"
        why = f": {decided.reason}" if decided.reason else ""
        rows.append(("Decided", f"{day(decided.entered_at.date())} by {decided.entered_by}, {word}{why}"))
    return rows


def _cases(found: Outcome) -> str:
    move = found.move
    if move is None:
        return ""
    mix = "on the same mix of work" if move.basis == "mix" else "on the work as it came"
    until = f", complete to {day(found.as_of)}" if found.as_of else ""
    return f"{units.grouped(move.cases_before)} cases before, {units.grouped(move.cases_after)} after, {mix}{until}"


def _guards(found: Outcome) -> str:
    marks = []
    for each in found.guards:
        glyph, style = GUARD_GLYPHS[each.state]
        word = f'<span class="{style} b">{glyph} {esc(each.label)} {GUARD_WORDS[each.state]}</span>'
        marks.append(f"<dd>{word}: {esc(each.says)}</dd>")
    return f"<dt>Guards</dt>{'<dt></dt>'.join(marks)}" if marks else ""


def _notes(action: Action, found: Outcome) -> str:
    notes = [*found.notes, after_spell(action.plan, found)]
    if action.shipped is not None and found.move is not None:
        notes.insert(0, designed(action.plan, found))
    text = " ".join(note for note in notes if note)
    return f"<dt>Mind</dt><dd>{esc(text)}</dd>" if text else ""


def _size(action: Action, found: Outcome) -> str:
    owner = f"<span>{esc(action.owner)}</span>" if action.owner else "<span>no owner</span>"
    if action.shipped is None:
        return f'<div class="size">{owner}</div>'
    word = f'<b class="{_verdict_style(action, found)}">{esc(verdict(action.plan, found))}</b>'
    waits = f" of {action.plan.min_days}" if found.days < action.plan.min_days else ""
    return f'<div class="size">{word}<span>{plural(found.days, "day")}{waits} since</span>{owner}</div>'


def _verdict_style(action: Action, found: Outcome) -> str:
    return "good" if has_restored(action.plan, found) else VERDICT_STYLE[found.verdict]


def decided_html(insight: Insight, book: Book) -> str:
    """What people said about a finding; '' where nobody did."""
    parts = []
    owner, answer, grade = (book.owner("insight", insight.id), book.answer(insight.id), book.grade(insight.id))
    if owner:
        parts.append(f"Owner {owner}")
    if answer is not None:
        word = "Accepted" if answer.verb == "accept" else "Dismissed"
        parts.append(f"{word} by {answer.entered_by}{f': {answer.reason}' if answer.reason else ''}")
    if grade is not None:
        word = "Worth raising" if grade.worth_raising else "Not worth raising"
        parts.append(f"{word}, says {grade.entered_by}{f': {grade.reason}' if grade.reason else ''}")
    parts += [f"Action “{each.title}”: {STATE_WORDS[each.state].lower()}" for each in book.of(insight.id)]
    return f'<p class="al quiet said" data-decided="{esc(insight.id)}">{esc(" · ".join(parts))}</p>' if parts else ""


def issue_html(issue: Issue, name: str) -> str:
    """One issue: where it stands and on what evidence, whom it touches, what it waits for."""
    glyph, style = ISSUE_GLYPHS[issue.state]
    muted = ' <span class="chip">muted</span>' if issue.muted else ""
    rows = [("Stands", issue.evidence), ("Touches", _touches(issue))]
    if issue.gate_text != "raised":
        rows.append(("Raised", sentence(f"{issue.gate_text}.")))
    lines = "".join(f"<dt>{label}</dt><dd>{esc(text)}</dd>" for label, text in rows)
    owner = esc(issue.owner) if issue.owner else "no owner"
    return (
        f'<div class="al attn insight" data-issue="{issue.id}" data-state="{issue.state}">'
        f'<div class="kind {style}">{glyph} {issue.state.capitalize()}</div><div><h3 class="what">{esc(name)}: '
        f"{esc(issue.title)}{muted}</h3><dl>{lines}</dl></div>"
        f'<div class="size">{plural(len(issue.members), "finding")}<span>{owner}</span></div></div>'
    )


def _touches(issue: Issue) -> str:
    """Whom an issue touched; where no single task tells it, that is everybody on its days."""
    reach = issue.reach
    if issue.casewise:
        return f"Sessions {reach.sessions_text}; users {reach.users_text}."
    said = f"All the work of its days: {plural(reach.tasks.n, 'task')}"
    counted = [(reach.sessions, "session"), (reach.users, "user")]
    named = [plural(found.n, word) for found, word in counted if found is not None]
    return f"{said}{f', in {listed(named)}' if named else ''}."
