"""One finding as a block of the feed: what moved, since when, because, how sure, worth, do next, known by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.insights import jobs_link
from dashboard.words import esc, plural
from metrics import units
from metrics.insights.cards import Moved, day, pieces, segment_text
from metrics.insights.model import Because, Gate, Insight

KINDS = {
    "sudden": ("▲", "Sudden", "bad"),
    "level": ("■", "Level", "bad"),
    "data": ("○", "Data", "att"),
    "zero": ("?", "Zero", "att"),
}
CALM = {"better": ("▼", "Better", "good"), "changed": ("◆", "Changed", "quiet")}
LINES = (
    ("since", "Since"),
    ("because", "Because"),
    ("sure", "How sure"),
    ("worth", "Worth"),
    ("do_next", "Do next"),
    ("known_by", "Known by"),
)


def kind_of(insight: Insight) -> tuple[str, str, str]:
    """Glyph, word and colour role."""
    return CALM.get(insight.verdict) or KINDS[insight.kind] if insight.kind == "sudden" else KINDS[insight.kind]


def size_of(insight: Insight) -> tuple[str, str]:
    """How large the effect is at least, and of what."""
    worth = insight.worth
    if worth.low is not None and worth.high is not None and worth.low > 0:
        return (
            f"≥{units.THIN}{units.money(worth.low)}",
            "a month more" if insight.verdict == "changed" else "a month at stake",
        )
    if worth.high is not None and worth.high < 0:
        return f"≥{units.THIN}{units.money(-worth.high)}", "a month saved"
    return (plural(round(worth.tasks), "job"), "a month touched") if worth.tasks >= 1 else ("", "")


def insight_html(insight: Insight, name: str, going_with: Sequence[Insight]) -> str:
    """The finding as HTML; both numbers lead to the jobs behind them."""
    glyph, word, style = kind_of(insight)
    size, of = size_of(insight)
    lines = "".join(
        f"<dt>{label}</dt><dd>{esc(getattr(insight.card, field))}</dd>"
        for field, label in LINES
        if getattr(insight.card, field)
    )
    also = f"<dt>Also moved</dt><dd>{esc(_also(going_with))}</dd>" if going_with else ""
    return (
        f'<div class="al attn insight" data-insight="{esc(insight.id)}" data-state="{insight.state}">'
        f'<div class="kind {style}">{glyph} {word}</div><div><h3 class="what">{esc(name)}: {_moved(insight)}</h3>'
        f"{_held(insight.held_by)}<dl>{lines}{also}</dl></div>"
        f'<div class="size">{esc(size)}<span>{esc(of)}</span></div></div>'
    )


def _moved(insight: Insight) -> str:
    """What moved, each number a link to its jobs."""
    said = pieces(insight)
    now = f'<a href="{esc(jobs_link(insight, insight.after))}">{esc(said.after)}</a>'
    was = f'<a href="{esc(jobs_link(insight, insight.before))}">{esc(said.before)}</a> → ' if said.before else ""
    limits = f'<span class="range">{esc(said.limits)}</span>' if said.limits else ""
    return f"{esc(said.subject)} {was}{now}{limits}{esc(said.rest)}"


def _also(going_with: Sequence[Insight]) -> str:
    return "; ".join(_short(pieces(each), each.after.per) for each in going_with)


def _short(said: Moved, per: str) -> str:
    """What moved without its interval."""
    return replace(said, limits=f" a {per}" if per else "").text


def _held(gate: Gate | None) -> str:
    if gate is None:
        return ""
    return f'<p class="why"><span class="chip">held back</span> {esc(gate_text(gate))}</p>'


def gate_text(gate: Gate) -> str:
    """ "sure among all findings: e = 73, needs e = 320"."""
    return f"{gate.name}: {gate.have}, needs {gate.need}"


def evidence_html(insight: Insight, names: dict[str, str]) -> str:
    """What stands behind the sentences: changes, mix, slices, causes, control and gates."""
    why = insight.because
    blocks = [
        _list("Recorded changes on these days", [f"{day(each.on)}: {_change(each)}" for each in why.candidates]),
        _mix(why),
        _list("Slices, found on odd days and confirmed on even days", _slices(why)),
        _list("What the failures come from", _causes(why)),
        _control(why, names),
        _list("Gates", [f"{'●' if gate.passed else '○'} {gate_text(gate)}" for gate in insight.gates]),
    ]
    return '<div class="al pop defs">' + "".join(blocks) + "</div>"


def _list(title: str, rows: Sequence[str]) -> str:
    if not rows:
        return ""
    return f"<dl><dt>{esc(title)}</dt>" + "".join(f"<dd>{esc(row)}</dd>" for row in rows) + "</dl>"


def _change(each: object) -> str:
    kind, before, after, source, resource = (
        getattr(each, name) for name in ("kind", "before", "after", "source", "resource")
    )
    moved = f"{kind} {before or 'none'} → {after or 'none'}" if before or after else str(resource or kind)
    return f"{moved} (from {source})"


def _mix(why: Because) -> str:
    if why.mix is None:
        return ""
    rows = [
        f"{each.name}: {100 * each.amount:+.1f} points ({100 * each.low:+.1f} to {100 * each.high:+.1f})"
        f"{'' if each.clear else ', cannot be told from nothing'}"
        for each in (why.mix.rate, why.mix.mix)
    ]
    return _list(f"Rate or mix, by {why.mix.dimension.replace('_', ' ')}", rows)


def _slices(why: Because) -> list[str]:
    return [
        f"{', '.join(segment_text(each) for each in found.literals)}: {found.before_k:.0f} of {found.before_n:.0f} → "
        f"{found.after_k:.0f} of {found.after_n:.0f} (drawn to the mean {100 * found.shrunk:.0f} %), explains "
        f"{100 * found.explained:.0f} % ({100 * found.explained_low:.0f} to {100 * found.explained_high:.0f})"
        for found in why.slices
    ]


def _causes(why: Because) -> list[str]:
    return [
        f"{cause.name}: {100 * cause.share:.0f} % ({100 * cause.low:.0f} to {100 * cause.high:.0f}), "
        + (f"{100 * cause.before:.0f} % before" if cause.before is not None else "nothing before")
        + (f", {units.money(cause.usd_month)} a month" if cause.usd_month is not None else "")
        for cause in why.causes
    ]


def _control(why: Because, names: dict[str, str]) -> str:
    if why.control is None:
        return ""
    others = ", ".join(names[agent] for agent in why.control.agents if agent in names) or "other agents"
    said = (
        f"Beyond what {others} did on the same model: {100 * why.control.difference:+.1f} points of the cases "
        f"({100 * why.control.low:+.1f} to {100 * why.control.high:+.1f})."
    )
    return _list("Concurrent control", [said])
