"""A quiet button that opens a form, and closes it once what was entered in it has been written."""

from __future__ import annotations

from typing import Any

import streamlit as st


def drawer(label: str, key: str) -> Any | None:
    """The open drawer to draw the form in; None while it is closed."""
    if st.session_state.pop(f"{key}_entered", False):
        st.session_state[key] = False
    found = st.popover(label, type="tertiary", key=key, on_change="rerun")
    return found if found.open else None


def entered(key: str, said: str) -> None:
    """Say that it was written, close the drawer and draw the page anew: what was entered shows at once."""
    st.session_state[f"{key}_entered"] = True
    st.toast(said)
    st.rerun()
