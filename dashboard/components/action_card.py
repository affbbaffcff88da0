"""Actions and issues as blocks and rows: state, verdict in words, effect in money, guards, days."""

from __future__ import annotations

from dashboard.words import esc, plural
from metrics import units
from metrics.actions.book import Book
from metrics.actions.issues import Issue
from metrics.actions.model import VERDICT_WORDS, Action, Outcome
from metrics.actions.words import GUARD_WORDS, STATE_WORDS, after_spell, money, moved, planned
from metrics.catalogue import Kpi
from metrics.comparison.model import GRADES
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


def action_html(action: Action, found: Outcome, name: str, kpi: Kpi) -> str:
    """One action: state, what was promised, the verdict with its money, guards and what stands in the way."""
    glyph, style = STATE_GLYPHS[action.state]
    rows = [("Promised", planned(action.plan, kpi.label, kpi.unit))]
    if action.shipped is not None:
        rows.append(("Found", f"{VERDICT_WORDS[found.verdict]}. {found.says}"))
        if found.move is not None:
            rows.append(("Effect", f"{moved(found.move, found.unit)} on {_cases(found)}"))
            rows.append(("Money", money(found.money)))
    elif action.dismissed is not None:
        rows.append(("Why", f"{action.dismissed.reason} ({action.dismissed.entered_by})"))
    if action.decided is not None and action.decided.verdict is not None:
        said = VERDICT_WORDS[action.decided.verdict]
        rows.append(("Decided", f"{action.decided.entered_by}, on the verdict “{said}” as of {action.decided.as_of}"))
    lines = "".join(f"<dt>{label}</dt><dd>{esc(text)}</dd>" for label, text in rows)
    return (
        f'<div class="al attn insight" data-action="{esc(action.action_id)}" data-state="{action.state}">'
        f'<div class="kind {style}">{glyph} {STATE_WORDS[action.state]}</div>'
        f'<div><h3 class="what">{esc(name)}: {esc(action.title)}</h3><dl>{lines}{_guards(found)}{_notes(action, found)}'
        f"</dl></div>{_size(action, found)}</div>"
    )


def _cases(found: Outcome) -> str:
    move = found.move
    if move is None:
        return ""
    mix = "the same mix of work" if move.basis == "mix" else "the work as it came"
    return f"{mix}; {units.grouped(move.cases_before)} cases before, {units.grouped(move.cases_after)} after"


def _guards(found: Outcome) -> str:
    marks = []
    for each in found.guards:
        glyph, style = GUARD_GLYPHS[each.state]
        word = f'<span class="{style} b">{glyph} {esc(each.guard.kpi)} {GUARD_WORDS[each.state]}</span>'
        marks.append(f"<dd>{word} {esc(each.says)}</dd>")
    return f"<dt>Guards</dt>{'<dt></dt>'.join(marks)}" if marks else ""


def _notes(action: Action, found: Outcome) -> str:
    notes = [*found.notes, after_spell(action.plan, found)]
    if action.shipped is not None and found.as_of is not None:
        notes.insert(0, f"Design {found.grade}: {GRADES[found.grade]}. Complete to {found.as_of}.")
    text = " ".join(note for note in notes if note)
    return f"<dt>Mind</dt><dd>{esc(text)}</dd>" if text else ""


def _size(action: Action, found: Outcome) -> str:
    owner = f"<span>{esc(action.owner)}</span>" if action.owner else "<span>no owner</span>"
    if action.shipped is None:
        return f'<div class="size">{owner}</div>'
    word = f'<i class="{VERDICT_STYLE[found.verdict]}">{esc(VERDICT_WORDS[found.verdict])}</i>'
    days = plural(found.days, "day")
    return f'<div class="size">{word}<span>{days} of {action.plan.min_days} at least</span>{owner}</div>'


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
    return f'<p class="al quiet" data-decided="{esc(insight.id)}">{esc(" · ".join(parts))}</p>' if parts else ""


def issue_html(issue: Issue, name: str) -> str:
    """One issue: where it stands and on what evidence, whom it touches, what it waits for."""
    glyph, style = ISSUE_GLYPHS[issue.state]
    muted = ' <span class="chip">muted</span>' if issue.muted else ""
    rows = (
        ("Stands", issue.evidence),
        ("Touches", f"sessions {issue.reach.sessions_text}; users {issue.reach.users_text}"),
        ("Raised", issue.gate_text),
    )
    lines = "".join(f"<dt>{label}</dt><dd>{esc(text)}</dd>" for label, text in rows)
    owner = esc(issue.owner) if issue.owner else "no owner"
    return (
        f'<div class="al attn insight" data-issue="{issue.id}" data-state="{issue.state}">'
        f'<div class="kind {style}">{glyph} {issue.state.capitalize()}</div><div><h3 class="what">{esc(name)}: '
        f"{esc(issue.title)}{muted}</h3><dl>{lines}</dl></div>"
        f'<div class="size">{plural(len(issue.members), "finding")}<span>{owner}</span></div></div>'
    )
