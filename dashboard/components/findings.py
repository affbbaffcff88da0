"""What the last examination of the account found, in the words of `python -m collectors doctor`."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.components.sections import section
from dashboard.components.table import code, named, table
from dashboard.words import esc, prose

STATES = {
    "error": '<span class="bad">■ error</span>',
    "warning": '<span class="att">▲ warning</span>',
    "info": '<span class="quiet">○ info</span>',
}


def findings(found: data.Rows, examined: str) -> None:
    """The findings with evidence, what is unknown by them, and the fix. `examined`: when AWS was asked, '' never."""
    section("Findings", f"AWS asked {examined}" if examined else "AWS was not asked yet")
    rows = [
        (
            named(
                str(row["code"]).replace("_", " "),
                esc(" · ".join(str(row[name]) for name in ("subject", "account_id", "region") if row[name])),
                prose(row["wrong"]),
                f"Seen: {code(row['evidence'])}",
                f"Unknown by it: {esc(str(row['unknown']).replace('_', ' '))}." if row["unknown"] else "",
                f'<span class="b">{prose(row["fix"])}</span>',
            ),
            STATES[row["severity"]],
        )
        for row in found
    ]
    nothing = "Nothing was found." if examined else "Nothing in the data; AWS was not asked yet."
    st.html(table("Finding, and how to mend it", ("Severity",), rows, nothing))
