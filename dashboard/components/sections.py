"""Headings between the parts of a page, and the small line of sources under them."""

from __future__ import annotations

import streamlit as st

from dashboard.words import esc


def section(title: str, side: str = "") -> None:
    """A section heading with an ink rule; `side` is the quiet remark on the right."""
    st.space("small")
    st.html(f'<div class="al section"><h2>{esc(title)}</h2><span class="side">{esc(side)}</span></div>')


def figure_head(finding: str, measure: str) -> None:
    """The finding as a sentence, and under it measure, unit and period."""
    st.html(f'<div class="al figure"><h3>{esc(finding)}</h3><p class="sub">{esc(measure)}</p></div>')


def source_line(text: str) -> None:
    """Where the numbers come from, and what to keep in mind."""
    st.html(f'<p class="al source">{esc(text)}</p>')


def rule() -> None:
    """A thin line between rows."""
    st.html('<div class="al rule"></div>')
