"""Why, in words: the mix of work, recorded changes, where it sits, causes. What cannot be told is said."""

from __future__ import annotations

import math

from metrics import units
from metrics.insights.cards import candidate_text, is_silence, segment_text
from metrics.insights.model import Because, Bridge, Insight, Mix

CAUSES_NAMED = 3
MOST_OF_IT = 0.6
HALF = 0.5


def says_of(insight: Insight) -> str:
    """Why, in at most five sentences."""
    why = insight.because
    if (insight.kind in ("level", "zero") and why.says) or is_silence(insight):
        return why.says
    said = [
        _zero_words(insight), _mix_words(insight, why.mix), _kind_words(insight, why), _changes_words(insight, why),
        _where_words(insight, why), _cause_words(why),
    ]  # fmt: skip
    return " ".join(sentence for sentence in said if sentence)


def _zero_words(insight: Insight) -> str:
    if insight.verdict != "unknown":
        return ""
    return "It was never 0 before. Either it really stopped, or the signal does not arrive."


def _mix_words(insight: Insight, mix: Mix | None) -> str:
    if mix is None:
        return ""
    if insight.kpi == "drift":
        return (
            f"The mix of work changed, not the agent: of {_points(mix.total)} points in what it gets right the mix "
            f"makes {_points(mix.mix.amount)} and the agent {_points(mix.rate.amount)}."
            if mix.mix.clear and not mix.rate.clear
            else ""
        )
    if mix.mix.clear and abs(mix.mix.amount) > abs(mix.rate.amount):
        return f"Mostly the mix of work: {_points(mix.mix.amount)} of {_points(mix.total)} points."
    return ""


def _points(amount: float) -> str:
    shown = f"{abs(100 * amount):.1f}"
    sign = "" if shown == "0.0" else units.MINUS if amount < 0 else "+"
    return f"{sign}{shown}"


def _kind_words(insight: Insight, why: Because) -> str:
    """The kind of task that makes most of a change in the number of tasks."""
    moved = (insight.after.value or 0.0) - (insight.before.value or 0.0)
    if not why.kinds or not moved or (why.kinds[0].after - why.kinds[0].before) / moved < MOST_OF_IT:
        return ""
    top = why.kinds[0]
    return f"Mostly {top.name}: {units.significant(top.before)} → {units.significant(top.after)} a day."


def _changes_words(insight: Insight, why: Because) -> str:
    if why.mix is not None and insight.kpi == "drift":
        return ""
    if why.control is not None and why.control.platform_wide:
        return "Other agents on the same model moved alike: look at the model or the platform."
    if not why.candidates:
        if insight.segment.dimension == "model":
            return (
                "Another model answers under the same version, and no change is recorded on these days: cannot tell "
                "who changed it."
            )
        return "No change is recorded on these days: cannot tell what did it."
    names = [candidate_text(each) for each in why.candidates]
    if not why.separable:
        return f"Not separable: {'; '.join(names)} fall on the same days."
    return f"It goes together with {names[0]} ({_chance(why.candidates[0].chance)} chance of that day)."


def _chance(value: float) -> str:
    return f"over 99{units.THIN}%" if value > 0.99 else f"{100 * value:.0f}{units.THIN}%"


def _where_words(insight: Insight, why: Because) -> str:
    if why.bridge is not None and why.bridge.withheld is None:
        named = clear_factors(why.bridge)
        return f"What moved the cost: {', '.join(named)}." if named else "No factor of the cost moved clearly."
    if not why.slices or why.slices[0].literals == (insight.segment,):
        return ""
    top = why.slices[0]
    much = "Most" if top.explained > HALF else "A part"
    return f"{much} of it ({_share(top.explained)}): {' and '.join(segment_text(each) for each in top.literals)}."


def clear_factors(bridge: Bridge) -> list[str]:
    """The factors that surely moved, the strongest first: "length of input ×1.63"."""
    clear = sorted((each for each in bridge.factors if each.moved), key=lambda each: -abs(math.log(each.multiplier)))
    return [f"{each.name[0].lower()}{each.name[1:]} ×{each.multiplier:.2f}" for each in clear]


def factor_sentence(bridge: Bridge) -> str:
    """Why a task costs what it costs now, against before."""
    before, after = (units.money(each.value or 0.0) for each in (bridge.before, bridge.after))
    named = clear_factors(bridge)
    if not named:
        return f"A task costs {after} after {before}; no factor moved clearly"
    return f"A task costs {after} after {before}: {', '.join(named)}"


def _share(value: float) -> str:
    return f"{100 * min(value, 1.0):.0f}{units.THIN}%"


def _cause_words(why: Because) -> str:
    named = [f"{_cause(cause.name)} {_share(cause.share)}" for cause in why.causes[:CAUSES_NAMED]]
    return f"Failures: {', '.join(named)}." if named else ""


def _cause(name: str) -> str:
    """A reason in words; the name of a tool or model stays as it is written."""
    return name if ":" in name else name.replace("_", " ")
