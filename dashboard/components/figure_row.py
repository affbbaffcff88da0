"""One number as a row: what it is, its value, how sure it is, how it moved. Same states and words as a card."""

from __future__ import annotations

from dashboard.components.card import SOFT, Card, change_html, has_number, look_of, qualifier, value_html
from dashboard.words import esc


def row_html(card: Card, asks: str, beside: str = "") -> str:
    """The row without its "How we know": `asks` is the question it answers, `beside` words in place of the change."""
    look = look_of(card)
    known = has_number(card.value)
    change = f'<span class="plain">{esc(beside)}</span>' if beside and known else change_html(card, look)
    style = "broken" if look == "broken" else "soft" if look in SOFT else "missed" if card.target == "missed" else ""
    kpi = card.value.kpi if card.value else ""
    return (
        f'<div class="al fig {style}" data-kpi="{esc(kpi)}" data-state="{look}">'
        f'<div class="what"><span class="b">{esc(card.label)}</span><span class="asks">{esc(asks)}</span></div>'
        f'{value_html(card, look)}<div class="change">{change}</div>'
        f'<div class="qual">{qualifier(card, look)}</div></div>'
    )
