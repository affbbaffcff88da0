"""The sentence on top of a page, put together from computed facts by template. It never guesses a cause."""

from __future__ import annotations

from dashboard import data
from dashboard.cards import Figure
from dashboard.view import View
from dashboard.words import counted, esc, money_change, plural
from metrics import units
from metrics.model import Value


def lead(view: View, figures: dict[str, Figure], endings: data.Rows) -> str:
    """The head of a page as HTML: where we are, the one thing to know, and the facts behind it."""
    return (
        f'<div class="al lead"><p class="eyebrow">{_eyebrow(view, figures)}</p><h1>{esc(headline(view, figures))}</h1>'
        f'<p class="sub">{details(view, figures, endings)}</p></div>'
    )


def headline(view: View, figures: dict[str, Figure]) -> str:
    """The most telling fact that can be stood behind: cost per good result, else success, else the volume."""
    cost, success = figures["cost_per_success"], figures["success_rate"]
    if _sure(cost.now):
        return _cost_words(cost) + _who_moved(view, cost)
    if _sure(success.now):
        return _success_words(success)
    return _volume_words(figures["task_volume"])


def details(view: View, figures: dict[str, Figure], endings: data.Rows) -> str:
    """Two or three plain sentences with the numbers set in bold."""
    said = [_endings_sentence(view, figures, endings), _handed_over(figures), _not_known(figures)]
    return " ".join(sentence for sentence in said if sentence)


def _eyebrow(view: View, figures: dict[str, Figure]) -> str:
    volume = figures["task_volume"].now
    jobs = plural(int(volume.value), "job") if volume and volume.value is not None else "no jobs"
    if len(view.state.agents) == 1:
        return f"{esc(view.name(view.state.agents[0]))} · {jobs}"
    return f"Portfolio · {plural(len(view.state.agents or view.agents), 'agent')} · {jobs}"


def _sure(value: Value | None) -> bool:
    return value is not None and value.value is not None and value.state in ("ok", "immature")


def _cost_words(cost: Figure) -> str:
    value = cost.now.value if cost.now and cost.now.value is not None else 0.0
    bound = "at least " if cost.now and cost.now.at_least else ""
    start = f"A good result costs {bound}{units.money(value)}"
    moved = cost.moved
    if moved is None or moved.difference is None:
        return f"{start}."
    if moved.verdict == "no_change":
        return f"{start}, the same as before."
    if moved.verdict == "cannot_tell":
        return f"{start}; whether that changed cannot be told yet."
    return f"{start}, {money_change(moved.difference)} {'more' if moved.difference > 0 else 'less'} than before."


def _who_moved(view: View, cost: Figure) -> str:
    """The agent whose cost per good result clearly moved the same way, by the money that this makes."""
    if (
        cost.moved is None
        or cost.moved.difference is None
        or cost.moved.verdict not in ("better", "worse")
        or len(view.state.agents) == 1
    ):
        return ""
    now = data.by_agent(view.ledger, "cost_per_success", view.scope.query())
    before = data.by_agent(view.ledger, "cost_per_success", view.scope_before.query())
    moves = {}
    for agent, value in now.items():
        change = data.changed("cost_per_success", value, before.get(agent))
        if change and change.verdict == cost.moved.verdict and change.difference is not None and agent in view.agents:
            moves[agent] = change.difference * (value.denominator or 0)
    if not moves:
        return ""
    most = max(moves, key=lambda agent: abs(moves[agent]))
    share = units.money(abs(moves[most]))
    return f" {view.name(most)} {'added' if moves[most] > 0 else 'saved'} {share}."


def _success_words(success: Figure) -> str:
    value = success.now
    share = value.value if value and value.value is not None else 0.0
    start = f"{units.text(share, 'ratio')} of judged jobs ended well"
    moved = success.moved
    if moved is None or moved.amount is None or moved.verdict == "cannot_tell":
        return f"{start}."
    if moved.verdict == "no_change":
        return f"{start}, the same as before."
    points = units.significant(abs(100 * moved.amount), 2)
    return f"{start}, {points} points {'more' if moved.amount > 0 else 'fewer'} than before."


def _volume_words(volume: Figure) -> str:
    if volume.now is None or not volume.now.value:
        return "No jobs in this period."
    return f"{plural(int(volume.now.value), 'job')} started; how well they ended is not known yet."


def _endings_sentence(view: View, figures: dict[str, Figure], endings: data.Rows) -> str:
    success = figures["success_rate"].now
    if success is None or success.value is None or success.numerator is None:
        return ""
    who = "It" if len(view.state.agents) == 1 else counted(sum(1 for row in endings if row["tasks"]), "agent")
    share = units.text(success.value, "ratio")
    return (
        f"{who} finished <b>{units.grouped(success.numerator)}</b> jobs well, <b>{share}</b> of those with a verdict."
    )


def _handed_over(figures: dict[str, Figure]) -> str:
    value = figures["escalation_rate"].now
    if value is None or value.value is None or value.numerator is None:
        return ""
    return f"<b>{units.grouped(value.numerator)}</b> were handed to people."


def _not_known(figures: dict[str, Figure]) -> str:
    success, accuracy = figures["success_rate"].now, figures["accuracy"].now
    if success and success.coverage is not None and success.coverage < 0.8:
        return f"How {units.text(1 - success.coverage, 'ratio')} of the jobs ended is not known."
    if accuracy is None or accuracy.value is None:
        return "Whether the answers are right is not checked."
    if accuracy.state == "low_n":
        return (
            f"Whether the answers are right cannot be said yet: only <b>{units.grouped(accuracy.n)}</b> were checked."
        )
    return f"Of {units.grouped(accuracy.n)} checked answers, <b>{units.text(accuracy.value, 'ratio')}</b> were right."
