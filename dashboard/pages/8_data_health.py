"""Data health.

Whether the numbers can be trusted today: every source, its lag, what was not taken and why, failed checks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import data, view, words
from dashboard.components.sections import section, source_line
from dashboard.components.table import code, named, table
from dashboard.words import esc, plural, prose
from metrics import units

STATES = {"ok": ("●", "ok", "good"), "failed": ("■", "failed", "bad"), "not_set_up": ("○", "not set up", "quiet")}


def draw() -> None:
    """Draw the page; the collectors' own report is shown even when nothing could be published."""
    status = data.status(data.home_folder())
    ledger = view.opened()
    if ledger is None:
        _from_status(status)
        return
    zone = words.zone(ledger.org().get("timezone"))
    _head(ledger, zone, status)
    _sources(ledger.rows("collector_runs"), ledger.rows("cursors"), zone, ledger.org())
    _checks(ledger.rows("check_results"))
    _rejects(ledger.rows("rejects"), zone)
    _agents(ledger.rows("undeclared"), zone)


def _head(ledger: data.Ledger, zone: ZoneInfo, status: dict[str, Any] | None) -> None:
    runs, checks = ledger.rows("collector_runs"), ledger.rows("check_results")
    failed = sum(row["status"] == "failed" for row in runs) + sum(
        bool(row["offenders"]) and row["severity"] == "fail" for row in checks
    )
    warned = sum(bool(row["offenders"]) and row["severity"] != "fail" for row in checks)
    rejected = sum(int(row["n"]) for row in ledger.rows("rejects"))
    head = (
        f"{words.counted(failed, 'problem')} and {plural(warned, 'warning')}"
        if failed
        else "All sources were read" + (f", with {plural(warned, 'warning')}" if warned else "")
    )
    published = datetime.fromisoformat(ledger.org()["published_at"]) if ledger.org().get("published_at") else None
    st.html(
        f'<div class="al lead"><p class="eyebrow">Data health</p><h1>{head}.</h1><p class="sub">Complete to '
        f"<b>{words.clock(view.through(ledger.org()), zone)}</b>"
        f" ({esc(zone.key)}), published {words.clock(published, zone)}. {plural(rejected, 'record')} could not be "
        "used.</p></div>"
    )
    unpublished = [row for row in (status or {}).get("scopes", []) if row.get("status") == "failed"]
    if unpublished and not failed:
        st.html(
            f'<div class="al note">The latest run had {plural(len(unpublished), "failed source")} and is newer than '
            "this file: see below.</div>"
        )
        _status_table(unpublished)


def _sources(runs: data.Rows, cursors: data.Rows, zone: ZoneInfo, org: dict[str, str]) -> None:
    section("Sources", "Latest pass of each")
    reached = {(row["source"], row["account_id"], row["region"], row["scope"]): row for row in cursors}
    published = datetime.fromisoformat(org["published_at"]) if org.get("published_at") else None
    rows = [
        _source_row(run, reached.get((run["source"], run["account_id"], run["region"], run["scope"])), published, zone)
        for run in runs
    ]
    heads = ("State", "Behind by", "Last pass", "Read", "New", "Seen before", "Rejected")
    st.html(table("Source", heads, rows))
    source_line(
        "Behind by: from the end of what has been read to the time of publishing. Seen before: deliveries that "
        "changed nothing."
    )


def _source_row(
    run: dict[str, Any], cursor: dict[str, Any] | None, published: datetime | None, zone: ZoneInfo
) -> tuple[str, ...]:
    behind = published - cursor["reached_at"] if cursor and cursor["reached_at"] and published else None
    place = " · ".join(str(run[name]) for name in ("scope", "account_id", "region") if run[name])
    counts = (units.text(run[name], "count") for name in ("rows_read", "rows_new", "duplicates", "rejects"))
    return (
        named(run["source"], esc(place), _trouble(run)),
        _state(run["status"]),
        words.lag(behind) if behind else units.NOTHING,
        words.clock(run["finished_at"], zone),
        *counts,
    )


def _state(status: object) -> str:
    glyph, word, style = STATES.get(str(status), ("○", str(status), "quiet"))
    return f'<span class="{style}">{glyph} {esc(word)}</span>'


def _trouble(run: dict[str, Any]) -> str:
    """What went wrong, what to do, and whether doing the same again helps; '' where all went well."""
    if run.get("status") == "ok" or not run.get("error_message"):
        return ""
    retry = " Running again may help." if run.get("retry_helps") else ""
    return f'{prose(run["error_message"])} <b class="b">{prose(run.get("remedy"))}</b>{retry}'


def _checks(checks: data.Rows) -> None:
    section("Checks of the data", "Run at every build; a failed one stops publishing")
    rows = [
        (
            named(str(row["check_name"]).replace("_", " "), prose(row["message"]), code(row["sample"])),
            '<span class="bad">■ failed</span>' if row["severity"] == "fail" else '<span class="att">▲ warning</span>',
            units.text(row["offenders"], "count"),
        )
        for row in checks
        if row["offenders"]
    ]
    st.html(table("Check", ("Result", "Rows"), rows, "All checks passed."))


def _rejects(rejects: data.Rows, zone: ZoneInfo) -> None:
    section("Records that could not be used", "Counted, never guessed at; samples are scrubbed")
    rows = [
        (
            named(
                str(row["reason"]).replace("_", " "), f"{esc(row['source'])} · {esc(row['scope'])}", code(row["sample"])
            ),
            units.text(row["n"], "count"),
            words.clock(row["last_at"], zone),
        )
        for row in rejects
    ]
    st.html(table("Reason", ("Records", "Last"), rows))


def _agents(agents: data.Rows, zone: ZoneInfo) -> None:
    section("Agents: declared and seen", "ledger.toml against the account")
    rows = [
        (
            named(row["agent_name"] or row["agent_id"], code(row["agent_id"])),
            "seen, not declared: add a contract"
            if row["discovered"]
            else "declared, never seen: check its id and hosts",
            words.clock(row["last_seen_at"], zone),
        )
        for row in agents
    ]
    said = "Every agent seen is declared, and every declared agent was seen."
    st.html(table("Agent", ("Difference", "Last seen"), rows, said))


def _from_status(status: dict[str, Any] | None) -> None:
    """What the collectors wrote about their last run, for a home without a readable published file."""
    if not status:
        return
    section("The collectors' last run", "From status.json")
    _status_table(status.get("scopes", []))


def _status_table(scopes: list[dict[str, Any]]) -> None:
    rows = [
        (
            named(row.get("source"), esc(row.get("scope")), _trouble(row)),
            _state(row.get("status")),
            units.text(row.get("rows_read"), "count"),
            units.text(row.get("rejects"), "count"),
        )
        for row in scopes
    ]
    st.html(table("Source", ("State", "Read", "Rejected"), rows, "No source was reached yet."))


if __name__ == "__main__":
    draw()
