"""Data health.

Whether the numbers can be trusted today: every source, its lag, what was not taken and why, failed checks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import data, view, words
from dashboard.components import empty
from dashboard.components.sections import section, source_line
from dashboard.words import esc, plural
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


def _head(ledger: data.Ledger, zone: Any, status: dict[str, Any] | None) -> None:
    runs, checks = ledger.rows("collector_runs"), ledger.rows("check_results")
    failed = sum(row["status"] == "failed" for row in runs) + sum(bool(row["offenders"]) and row["severity"] == "fail" for row in checks)
    warned = sum(bool(row["offenders"]) and row["severity"] != "fail" for row in checks)
    rejected = sum(int(row["n"]) for row in ledger.rows("rejects"))
    head = f"{words.counted(failed, 'problem')} and {plural(warned, 'warning')}" if failed else "All sources were read" + (f", with {plural(warned, 'warning')}" if warned else "")
    published = datetime.fromisoformat(ledger.org()["published_at"]) if ledger.org().get("published_at") else None
    st.html(
        f'<div class="al lead"><p class="eyebrow">Data health</p><h1>{head}.</h1><p class="sub">Complete to <b>{words.clock(view.through(ledger.org()), zone)}</b>'
        f" ({esc(zone.key)}), published {words.clock(published, zone)}. {plural(rejected, 'record')} could not be used.</p></div>"
    )
    unpublished = [row for row in (status or {}).get("scopes", []) if row.get("status") == "failed"]
    if unpublished and not failed:
        st.html(f'<div class="al note">The latest run had {plural(len(unpublished), "failed source")} and is newer than this file: see below.</div>')
        _status_table(unpublished)


def _sources(runs: data.Rows, cursors: data.Rows, zone: Any, org: dict[str, str]) -> None:
    section("Sources", "Latest pass of each")
    reached = {(row["source"], row["account_id"], row["region"], row["scope"]): row for row in cursors}
    published = datetime.fromisoformat(org["published_at"]) if org.get("published_at") else None
    rows = [_source_row(run, reached.get((run["source"], run["account_id"], run["region"], run["scope"])), published, zone) for run in runs]
    heads = ("State", "Behind by", "Last pass", "Read", "New", "Seen before", "Rejected")
    st.html(_table("Source", heads, rows))
    source_line("Behind by: from the end of what has been read to the time of publishing. Seen before: deliveries that changed nothing.")


def _source_row(run: dict[str, Any], cursor: dict[str, Any] | None, published: datetime | None, zone: Any) -> tuple[str, ...]:
    glyph, word, style = STATES.get(run["status"], ("○", str(run["status"]), "quiet"))
    behind = words.lag(published - cursor["reached_at"]) if cursor and cursor["reached_at"] and published else units.NOTHING
    trouble = ""
    if run["status"] != "ok":
        retry = " Running again may help." if run["retry_helps"] else ""
        trouble = f'<span class="under">{esc(run["error_message"])} <b class="b">{esc(run["remedy"])}</b>{retry}</span>'
    place = " · ".join(str(run[name]) for name in ("scope", "account_id", "region") if run[name])
    counts = (units.text(run[name], "count") for name in ("rows_read", "rows_new", "duplicates", "rejects"))
    return (f'<span class="b">{esc(run["source"])}</span><span class="under">{esc(place)}</span>{trouble}', f'<span class="{style}">{glyph} {word}</span>',
            behind, words.clock(run["finished_at"], zone), *counts)  # fmt: skip


def _checks(checks: data.Rows) -> None:
    section("Checks of the data", "Run at every build; a failed one stops publishing")
    bad = [row for row in checks if row["offenders"]]
    if not bad:
        st.html(f'<p class="al quiet">{plural(len(checks), "check")} ran and found nothing.</p>' if checks else '<p class="al quiet">All checks passed.</p>')
        return
    rows = [
        (f'<span class="b">{esc(str(row["check_name"]).replace("_", " "))}</span><span class="under">{esc(row["message"])}</span>'
         f'<span class="under"><code>{esc(row["sample"])}</code></span>',
         '<span class="bad">■ failed</span>' if row["severity"] == "fail" else '<span class="att">▲ warning</span>', units.text(row["offenders"], "count"))
        for row in bad
    ]  # fmt: skip
    st.html(_table("Check", ("Result", "Rows"), rows))


def _rejects(rejects: data.Rows, zone: Any) -> None:
    section("Records that could not be used", "Counted, never guessed at; samples are scrubbed")
    if not rejects:
        st.html('<p class="al quiet">None.</p>')
        return
    rows = [
        (f'<span class="b">{esc(str(row["reason"]).replace("_", " "))}</span><span class="under">{esc(row["source"])} · {esc(row["scope"])}</span>'
         f'<span class="under"><code>{esc(row["sample"])}</code></span>',
         units.text(row["n"], "count"), words.clock(row["last_at"], zone))
        for row in rejects
    ]  # fmt: skip
    st.html(_table("Reason", ("Records", "Last"), rows))


def _agents(agents: data.Rows, zone: Any) -> None:
    section("Agents: declared and seen", "ledger.toml against the account")
    if not agents:
        st.html('<p class="al quiet">Every agent seen is declared, and every declared agent was seen.</p>')
        return
    rows = [
        (f'<span class="b">{esc(row["agent_name"] or row["agent_id"])}</span><span class="under"><code>{esc(row["agent_id"])}</code></span>',
         "seen, not declared: add a contract to ledger.toml" if row["discovered"] else "declared, never seen: check its id and hosts",
         words.clock(row["last_seen_at"], zone))
        for row in agents
    ]  # fmt: skip
    st.html(_table("Agent", ("Difference", "Last seen"), rows))


def _from_status(status: dict[str, Any] | None) -> None:
    """What the collectors wrote about their last run, for a home without a readable published file."""
    if not status:
        return
    section("The collectors' last run", "From status.json")
    _status_table(status.get("scopes", []))


def _status_table(scopes: list[dict[str, Any]]) -> None:
    rows = []
    for row in scopes:
        glyph, word, style = STATES.get(str(row.get("status")), ("○", str(row.get("status")), "quiet"))
        trouble = f'<span class="under">{esc(row.get("error_message"))} <b class="b">{esc(row.get("remedy"))}</b></span>' if row.get("error_message") else ""
        rows.append((f'<span class="b">{esc(row.get("source"))}</span><span class="under">{esc(row.get("scope"))}</span>{trouble}',
                     f'<span class="{style}">{glyph} {word}</span>', units.text(row.get("rows_read"), "count"), units.text(row.get("rejects"), "count")))  # fmt: skip
    st.html(_table("Source", ("State", "Read", "Rejected"), rows) if rows else '<p class="al quiet">No source was reached yet.</p>')


def _table(first: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col" class="num">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f'<td class="num" data-l="{name}">{cell}</td>' for name, cell in zip(heads, row[1:], strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="al rows"><table><thead><tr><th scope="col">{first}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


if __name__ == "__main__":
    draw()
