"""A form to record a change that no inventory shows: it joins the release ledger with the next collection."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import streamlit as st

from dashboard.components.drawer import drawer, entered
from dashboard.view import View
from sql import journal
from sql.errors import HomeNotWritable


def change_form(view: View, agent_id: str, day: date, key: str) -> None:
    """A quiet button that opens the form, with the agent and the likeliest day filled in."""
    name = f"change_{key}"
    opened = drawer("Record a change", name)
    if opened is None:
        return
    with opened, st.form(f"change_form_{key}", border=False):
        on = st.date_input("Day of the change", day, key=f"change_day_{key}", format="YYYY-MM-DD")
        kind = st.selectbox("What was changed", journal.CHANGE_KINDS, key=f"change_kind_{key}")
        before = st.text_input("Before", key=f"change_before_{key}", max_chars=200)
        after = st.text_input("After", key=f"change_after_{key}", max_chars=200)
        if st.form_submit_button("Record") and _save(view, agent_id, on, (kind, before, after)):
            entered(name, "Recorded. It is in the release ledger after the next collection.")


def _save(view: View, agent_id: str, on: date, said: tuple[str, str, str]) -> bool:
    kind, before, after = said
    at = datetime.combine(on, time(), tzinfo=view.zone).astimezone(UTC).isoformat(timespec="seconds")
    change = {"gen_ai.agent.id": agent_id, "changed_at": at, "kind": kind, "before": before, "after": after}
    try:
        journal.note_change(view.ledger.home, {**change, "noted_by": "dashboard"})
    except HomeNotWritable as error:
        st.error(f"{error.message} {error.remedy}")
        return False
    return True
