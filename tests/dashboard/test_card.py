"""Each state of a number has its own look, and nothing unknown reads as 0."""

from __future__ import annotations

import pytest

from dashboard.components.card import Card, card_html, look_of
from metrics import units
from metrics.model import Change
from tests.dashboard.support import value

WORSE = Change("success_rate", "points", -0.011, -0.02, -0.004, -0.011, -0.0125, "worse", "")


def test_a_measured_number_shows_value_interval_change_and_basis() -> None:
    html = card_html(
        Card(
            "Success",
            value(),
            WORSE,
            basis="31 084 of 35 901 jobs.",
            target="missed",
            target_text="Target 90 %, missed.",
        )
    )
    for part in ("86.6", "±0.4", "▼ 1.1", "worse", "31 084 of 35 901 jobs.", "Target 90 %, missed.", "kpi missed"):
        assert part in html


@pytest.mark.parametrize(
    ("card", "look", "said"),
    [
        (Card("Cost", value(kpi="cost_per_success", unit="usd", value=0.4), estimated=True), "estimated", "≈"),
        (Card("Success", value(state="immature", missing="Last 2 h.")), "partial", "Last 2 h."),
        (Card("Success", value(state="low_n", n=11, low=0.52, high=0.95)), "too_few", "too few"),
        (
            Card("Success", value(value=None, state="unknown", missing="0 of 9 tasks have a verdict.")),
            "not_measured",
            "0 of 9 tasks",
        ),
        (Card("Success", None), "not_measured", units.NOTHING),
        (
            Card("Success", value(value=None, state="unknown"), broken="span_logs: AccessDenied."),
            "broken",
            "AccessDenied",
        ),
        (Card("Errors", value(kpi="tool_errors", value=0.0, low=0.0, high=0.01)), "true_zero", "0"),
        (Card("Escalation", value(kpi="escalation_rate", value=0.0, low=0.0, high=0.01)), "doubtful_zero", "?"),
    ],
)
def test_each_state_is_drawn_and_named(card: Card, look: str, said: str) -> None:
    html = card_html(card)
    assert look_of(card) == look
    assert f'data-state="{look}"' in html
    assert said in html


@pytest.mark.parametrize("state", ["unknown", "not_applicable"])
def test_a_number_that_is_not_measured_shows_a_dash_and_no_digit_as_value(state: str) -> None:
    html = card_html(Card("Success", value(value=None, state=state, missing="Nothing.")))
    assert f'<div class="value weak">{units.NOTHING}</div>' in html


def test_too_few_shows_only_the_interval() -> None:
    html = card_html(Card("Accuracy", value(kpi="accuracy", state="low_n", n=11, value=0.75, low=0.52, high=0.95)))
    assert "52–95" in html
    assert "75" not in html


def test_text_from_outside_is_escaped() -> None:
    assert "<script>" not in card_html(Card("<script>", value(value=None, state="unknown", missing="<script>")))
