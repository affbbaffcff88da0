"""A comparison in plain words and as a record: page and command line say the same."""

from __future__ import annotations

from typing import Any

from metrics import units
from metrics.comparison.judge import PROOF
from metrics.comparison.model import MEASURES, VERDICT_WORDS, Arm, Beside, BesideWord, Comparison, Evidence
from metrics.effects.model import GRADES, Basis, word_of
from metrics.effects.words import amount, finite, limits, meaning, moved, size

BASIS: dict[Basis, str] = {
    "raw": "as the tasks came",
    "mix": "on the same mix of tasks",
    "jobs": "job by job, on the jobs that both did",
    "cuped": "less what was unlike of users and kinds of work before",
}


BESIDE_WORDS: dict[BesideWord, str] = {
    "better": "better", "worse": "worse", "changed": "changed", "no_change": "no change", "cannot_tell": "cannot tell",
}  # fmt: skip


def headline(found: Comparison) -> str:
    """The verdict in one sentence."""
    name, sides = MEASURES[found.measure], f"{found.b.side.name} against {found.a.side.name}"
    verdict = VERDICT_WORDS[found.verdict]
    if found.decisive is None:
        return f"{name} of {sides} cannot be compared: one side has no answers."
    return f"{name} of {sides}: {verdict}{'' if found.verdict == 'blocked' else _size(found)}."


def _size(found: Comparison) -> str:
    assert found.decisive is not None  # noqa: S101 - the caller has looked
    return f" ({amount(found.decisive.amount, 'ratio')}, {limits(found.decisive.limits, 'ratio')})"


def why(found: Comparison) -> str:
    """What the verdict means, and what it would take to get another."""
    if found.decisive is None:
        empty = [name for name, arm in (("A", found.a), ("B", found.b)) if not arm.n]
        return f"{' and '.join(empty)} {'has' if len(empty) == 1 else 'have'} no finished task with an answer to it."
    text = found.split.text if found.verdict == "blocked" else meaning(found.verdict, size(found.rope, "ratio"))
    if found.needed_per_side is None:
        return text
    lacking = max(0, found.needed_per_side - min(found.a.n, found.b.n))
    return (
        f"{text} About {units.grouped(found.needed_per_side)} tasks a side are needed if the rates stay as they are: "
        f"{units.grouped(lacking)} more on the smaller side."
    )


def counted(arm: Arm) -> str:
    """'112 of 200 (56 %)'; '—' where nothing has an answer."""
    if arm.rate is None:
        return units.NOTHING
    return f"{units.grouped(arm.k)} of {units.grouped(arm.n)} ({units.text(arm.rate, 'ratio')})"


def sure(found: Evidence | None) -> str:
    """The e-value in words."""
    if found is None:
        return "No e-value: there is nothing to pair."
    now, best = _e_text(found.e_value), _e_text(1 / found.p)
    over = f"over {units.grouped(found.cases)} {found.unit}"
    if found.p <= PROOF:
        since = "" if now == best else f" (now {now})"
        return f"The e-value reached {best}{since} {over}: 20 is proof at 5 %, whenever it is reached."
    return f"e-value {now} {over}: no proof of a difference; 20 would be, whenever it is reached."


def _e_text(value: float) -> str:
    return "over a million" if value > 1e6 else units.significant(value, 3)


def design(found: Comparison) -> str:
    """The design grade with what it means."""
    return f"{found.grade}: {GRADES[found.grade]}"


def record(found: Comparison) -> dict[str, Any]:
    """A comparison under the names that other programs rely on."""
    return {
        "kind": found.kind,
        "measure": found.measure,
        "verdict": found.verdict,
        "headline": headline(found),
        "why": why(found),
        "rope": found.rope,
        "design_grade": found.grade,
        "a": _arm(found.a),
        "b": _arm(found.b),
        "split": {name: getattr(found.split, name) for name in ("applies", "p", "blocks", "text")},
        "differences": [
            {"basis": each.basis, "amount": each.amount, "low": each.limits.lo, "high": each.limits.hi,
             "verdict": word_of(each, found.rope), "cases": each.cases}
            for each in found.differences
        ],
        "e_value": found.evidence.e_value if found.evidence else None,
        "p_at_any_time": found.evidence.p if found.evidence else None,
        "needed_per_side": found.needed_per_side,
        "notes": list(found.notes),
        "beside": [
            {"kpi": each.kpi, "label": each.label, "a": each.a and each.a.value, "b": each.b and each.b.value,
             "unit": each.a.unit if each.a else None, "scale": "relative" if each.unit == "relative" else "points",
             "amount": each.move and each.move.amount, "low": each.move and finite(each.move.limits.lo),
             "high": each.move and finite(each.move.limits.hi), "verdict": each.word, "why": each.why,
             "at_every_look": each.once is None}
            for each in found.beside
        ],
    }  # fmt: skip


def beside_text(each: Beside) -> str:
    """ "−5.7 % (−12 % to +1.0 %)"; of a fixed interval only the amount."""
    if each.move is not None:
        return moved(each.move, each.unit)
    return units.change(each.once) if each.once is not None and each.once.amount is not None else units.NOTHING


def _arm(arm: Arm) -> dict[str, Any]:
    side = arm.side
    return {
        "name": side.name, "agent_id": side.agent_id, "version": side.version, "from": side.start.isoformat(),
        "to": side.end.isoformat(), "tasks": arm.tasks, "n": arm.n, "k": arm.k, "rate": arm.rate,
    }  # fmt: skip
