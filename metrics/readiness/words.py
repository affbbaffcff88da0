"""A scorecard in plain words: page and command line say the same."""

from __future__ import annotations

from metrics import units
from metrics.readiness.model import WORDS, Badge, Pillar, Scorecard, State

PILLARS = {
    1: "The work is clear",
    2: "Tools and data are sound",
    3: "It is kept within bounds",
    4: "Cost, truth and learning are known",
}
BADGES: dict[Badge, str] = {"ready": "ready", "not_ready": "not ready", "not_assessed": "not assessed"}
COUNTED: dict[State, str] = {
    "pass": "pass", "fail": "fail", "insufficient": "lack evidence", "unknown": "are not recorded",
    "waived": "are waived",
}  # fmt: skip


def headline(card: Scorecard) -> str:
    """The verdict in one sentence, with the one thing that stands in the way."""
    said = f"{card.agent_name} is {BADGES[card.badge]}"
    waived = sum(each.state == "waived" for each in card.findings)
    also = f" ({waived} waived)" if waived else ""
    if card.blocker is None or card.badge == "not_assessed":
        return f"{said}{also}."
    blocker = card.blocker
    named = f"“{blocker.criterion.label}” ({blocker.criterion.id})"
    return f"{said}{also}: {named} {WORDS[blocker.state]}."


def score_text(pillar: Pillar) -> str:
    """A pillar as its range: '3–5 of 6'; 'not assessed' where nothing is known."""
    if pillar.badge == "not_assessed":
        return "not assessed"
    span = f"{pillar.passed}" if pillar.passed == pillar.possible else f"{pillar.passed}{units.DASH}{pillar.possible}"
    return f"{span} of {pillar.total}"


def tally(card: Scorecard) -> str:
    """How many criteria have which verdict: '8 of 25 criteria pass, 5 fail, 12 are not recorded'."""
    states = [each.state for each in card.findings]
    said = [f"{states.count(state)} {words}" for state, words in COUNTED.items() if states.count(state)]
    first, *rest = said or ["none"]
    number, _, verb = first.partition(" ")
    return ", ".join([f"{number} of {len(states)} criteria {verb}", *rest]) + "."
