"""Colours and type. CSS variables follow the viewer's scheme; charts ask `palette()` once per run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Palette:
    """One scheme's colours as hex strings. Contrast on `paper`: text roles at least 4.5, marks at least 3."""

    paper: str
    sunken: str
    ink: str
    ink2: str
    ink3: str
    line: str
    line2: str
    accent: str
    good: str
    bad: str
    attention: str
    tint_attention: str
    tint_accent: str
    tint_neutral: str
    now: str
    before: str
    mark_bad: str
    mark_good: str
    confirmed: str
    assumed: str
    escalated: str
    failed: str
    abandoned: str
    identity: tuple[str, ...]


LIGHT = Palette(
    paper="#FCFBF8", sunken="#F2F0EA", ink="#17202A", ink2="#47525D", ink3="#5F6A75", line="#DAD6CC", line2="#878C8F",
    accent="#1D4F91", good="#00695C", bad="#B23A0E", attention="#8A5A00", tint_attention="#FAEFD3",
    tint_accent="#E3EBF5", tint_neutral="#ECEAE3", now="#1D4F91", before="#84919E", mark_bad="#C44A1A",
    mark_good="#17857A", confirmed="#0A4E58", assumed="#4F959C", escalated="#BC8212", failed="#9C3511",
    abandoned="#838C94",
    identity=("#1D4F91", "#A2570A", "#0B7A75", "#8A4F9E", "#A03E57", "#5E7A2E", "#3A7297", "#776655"),
)  # fmt: skip
DARK = Palette(
    paper="#11161C", sunken="#1B232C", ink="#E9EDF1", ink2="#B6C0CA", ink3="#97A3AF", line="#2E3944", line2="#66727E",
    accent="#A3C8F8", good="#5CC9B5", bad="#FF9A73", attention="#EBBE5E", tint_attention="#372C13",
    tint_accent="#1A2B42", tint_neutral="#232C35", now="#8DBBF5", before="#5F6E7C", mark_bad="#F0855A",
    mark_good="#4DB8A5", confirmed="#62C2C4", assumed="#2F7379", escalated="#EBC76E", failed="#DB6A3F",
    abandoned="#78838E",
    identity=("#8DBBF5", "#EBA757", "#5CC9B5", "#CFA3E0", "#EE93A8", "#A9C46C", "#8FC3E2", "#C3B29C"),
)  # fmt: skip


def scheme() -> str:
    """'dark' or 'light', as the viewer's browser shows the app now."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """The colours of the viewer's scheme, for figures and images that CSS cannot reach."""
    return DARK if scheme() == "dark" else LIGHT


def _variables() -> str:
    names = [name for name in Palette.__dataclass_fields__ if name != "identity"]
    plain = [f"--{name.replace('_', '-')}:light-dark({getattr(LIGHT, name)},{getattr(DARK, name)})" for name in names]
    pairs = zip(LIGHT.identity, DARK.identity, strict=True)
    identity = [f"--id{slot}:light-dark({light},{dark})" for slot, (light, dark) in enumerate(pairs)]
    return ".al{" + ";".join(plain + identity) + "}"


def inject_style() -> None:
    """Put the stylesheet into the page; a style-only element takes no space."""
    st.html(f"<style>{_variables()}{(ASSETS / 'ledger.css').read_text()}</style>")


def logo(demo: bool) -> str:
    """The wordmark as SVG text in the viewer's colours, with the DEMO mark where the data is invented."""
    colours = palette()
    values = {
        "width": "231" if demo else "171", "label": "Agent Ledger, demo data" if demo else "Agent Ledger",
        "accent": colours.accent, "ink": colours.ink, "demo": "inline" if demo else "none",
        "attention": colours.attention, "paper": colours.paper,
    }  # fmt: skip
    text = (ASSETS / "logo.svg").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
