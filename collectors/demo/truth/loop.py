"""How fast findings become measured improvements, from what people did about them."""

from __future__ import annotations

from collectors.demo.truth.span import Figure, Figures, Span, quantiles, ratio, share


def loop_velocity(span: Span) -> Figures:
    """From the finding to the verdict on the action that answers it, in ms."""
    return quantiles(
        (each.verdict_at - each.insight_at).total_seconds() * 1000 if each.verdict_at else None for each in span.actions
    )


def loop_closed(span: Span) -> Figures:
    """Actions with a verdict, of those that took effect; and those that improved, of the ones with a verdict."""
    if not span.actions:
        return {"": Figure(None)}
    told = [each.verdict for each in span.actions if each.verdict]
    whole = {"": ratio(len(told), len(span.actions))}
    return whole | ({"improved": share(each.startswith("improved") for each in told)} if told else {})
