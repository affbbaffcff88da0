"""Data health.

Whether the numbers can be trusted today: every source, its lag, what was not taken and why, failed checks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import data, view, words
from dashboard.components.findings import findings
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
    _gaps(ledger.rows("gaps"), zone)
    examined = ledger.org().get("examined_at")
    findings(ledger.rows("findings"), words.clock(datetime.fromisoformat(examined), zone) if examined else "")
    _absent(ledger.rows("collector_runs"))
    _checks(ledger.rows("check_results"))
    _own(ledger.rows("own_definitions"), zone)
    _judges(ledger.rows("judges"), zone)
    _bill(ledger.rows("reconciliation"))
    _rejects(ledger.rows("rejects"), zone)
    _agents(ledger.rows("undeclared"), zone)


def _head(ledger: data.Ledger, zone: ZoneInfo, status: dict[str, Any] | None) -> None:
    runs, checks = ledger.rows("collector_runs"), ledger.rows("check_results")
    failed = sum(row["status"] == "failed" for row in runs) + sum(
        bool(row["offenders"]) and row["severity"] == "fail" for row in checks
    )
    found = [row["severity"] for row in ledger.rows("findings")]
    wrong = found.count("error")
    warned = sum(bool(row["offenders"]) and row["severity"] != "fail" for row in checks) + found.count("warning")
    rejected = sum(int(row["n"]) for row in ledger.rows("rejects"))
    noted = [plural(count, word) for count, word in ((wrong, "error"), (warned, "warning")) if count]
    head = (
        words.counted(failed + wrong, "problem") + (f" and {plural(warned, 'warning')}" if warned else "")
        if failed
        else "All sources were read" + (f", with {' and '.join(noted)}" if noted else "")
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
    reached = {_place(row): row["reached_at"] for row in cursors}
    published = datetime.fromisoformat(org["published_at"]) if org.get("published_at") else None
    several = len({(run["account_id"], run["region"]) for run in runs}) > 1
    rows = [
        _source_row(group, [reached.get(_place(run)) for run in group], published, zone, several)
        for group in _grouped(runs, several)
    ]
    heads = ("State", "Behind by", "Last pass", "Read", "New", "Seen before", "Rejected")
    st.html(table("Source", heads, rows, "No source was reached yet."))
    source_line(
        "Behind by: from the end of what has been read to the time of publishing, of the place that is furthest "
        "behind. Seen before: deliveries that changed nothing."
    )


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["source"], row["account_id"], row["region"], row["scope"]


def _grouped(runs: data.Rows, several: bool) -> list[list[dict[str, Any]]]:
    """Failed passes one by one, the others together: those of one source, and of one account and region if several."""
    failed = [[run] for run in runs if run["status"] == "failed"]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for run in runs:
        if run["status"] == "ok":
            groups.setdefault((run["source"], *(_place(run)[1:3] if several else ())), []).append(run)
    return failed + list(groups.values())


def _source_row(
    runs: list[dict[str, Any]], reached: list[Any], published: datetime | None, zone: ZoneInfo, several: bool
) -> tuple[str, ...]:
    first = runs[0]
    scopes = [str(run["scope"]) for run in runs if run["scope"]]
    shown = plural(len(scopes), "place") if len(scopes) > 3 else ", ".join(scopes)
    where = [shown, *(str(first[name]) for name in ("account_id", "region") if several)]
    known = [at for at in reached if at]
    behind = published - min(known) if known and published else None
    counts = (sum(run[name] or 0 for run in runs) for name in ("rows_read", "rows_new", "duplicates", "rejects"))
    return (
        named(first["source"], esc(" · ".join(each for each in where if each)), _trouble(first)),
        _state(first["status"]),
        words.lag(behind) if behind else units.NOTHING,
        words.clock(max(run["finished_at"] for run in runs), zone),
        *(units.text(count, "count") for count in counts),
    )


GAPS = {
    "catch_up": "read by the next passes; what is newer is there already",
    "backfill": "asked for by a backfill that did not finish: run it again",
    "unreadable": "AWS refuses it",
}


def _gaps(gaps: data.Rows, zone: ZoneInfo) -> None:
    """Stretches of time that are missing, and who is going to read them."""
    if not gaps:
        return
    section("Not read", "Stretches of time that are missing")
    rows = [
        (
            named(
                row["source"],
                esc(" · ".join(str(row[name]) for name in ("scope", "account_id", "region") if row[name])),
                prose(GAPS.get(str(row["reason"]), row["reason"])),
                f'{prose(row["error_message"])} <b class="b">{prose(row["remedy"])}</b>' if row["remedy"] else "",
            ),
            words.clock(row["from_at"], zone),
            words.clock(row["to_at"], zone),
        )
        for row in gaps
    ]
    st.html(table("Source", ("From", "To"), rows))


def _absent(runs: data.Rows) -> None:
    """What the account does not have, each remedy once."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in runs:
        if run["status"] == "not_set_up":
            found.setdefault((str(run["source"]), str(run["remedy"] or "")), []).append(run)
    if not found:
        return
    section("Not set up", "What these would show is unknown, never zero")
    rows = [
        (named(source, _missing(group), f'<span class="b">{prose(remedy)}</span>'),)
        for (source, remedy), group in sorted(found.items())
    ]
    st.html(table("Source, and how to switch it on", (), rows))


def _missing(runs: list[dict[str, Any]]) -> str:
    """What is missing: the message where there is one, else the names of the places, or their regions."""
    messages = sorted({str(run["error_message"] or "") for run in runs})
    places = sorted({str(run["scope"] or run["region"]) for run in runs})
    return prose(messages[0]) if len(messages) == 1 else esc(", ".join(places))


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


def _own(files: data.Rows, zone: ZoneInfo) -> None:
    """The owner's own KPIs and rules; nothing where there are none."""
    if not files:
        return
    section("Your own KPIs and rules", "SQL of your own folders")
    rows = [
        (
            named(row["name"], esc(row["kind"]), prose(row["reason"])),
            '<span class="bad">■ refused</span>'
            if row["state"] == "refused"
            else '<span class="good">● in force</span>',
            esc(row["version"] or units.NOTHING),
            words.clock(row["since_at"], zone),
        )
        for row in files
    ]
    st.html(table("File", ("State", "Version", "Since"), rows))


def _judges(judges: data.Rows, zone: ZoneInfo) -> None:
    """How often each judge gave a score at all; a judge that only errors looks like silence elsewhere."""
    if not judges:
        return
    section("Judges", "The last 28 days with results")
    rows = [
        (
            named(
                row["evaluator"],
                esc(" · ".join(str(row[name]) for name in ("level", "channel", "config") if row[name])),
                f"Usual error: {code(row['usual_error'])}" if row["usual_error"] else "",
            ),
            units.text(row["results"], "count"),
            units.text(row["scored"], "count"),
            units.text(row["health"], "ratio"),
            words.clock(row["last_at"], zone),
        )
        for row in judges
    ]
    st.html(table("Judge", ("Results", "Scored", "Share scored", "Latest"), rows))


GAP_STATES = {
    "partly_priced": "some calls have no price: the estimate is a lower bound",
    "unpriced": "no call has a price",
    "unseen": "billed, but no call was seen",
}


def _bill(models: data.Rows) -> None:
    """Our estimate beside what AWS billed; nothing where no bill was read."""
    if not models:
        return
    first, last = min(row["first_day"] for row in models), max(row["last_day"] for row in models)
    section("Estimate and bill", f"UTC days {first:%d %b} to {last:%d %b}, per model")
    rows = [
        (
            named(
                row["model"] or "names no model", *(GAP_STATES[each] for each in row["states"] if each in GAP_STATES)
            ),
            units.text(row["calls"], "count"),
            units.text(row["estimated_usd"], "usd"),
            units.text(row["billed_usd"], "usd") + (" (not final)" if row["provisional"] else ""),
            units.text(row["gap_usd"], "usd"),
            units.text(row["gap_ratio"], "ratio"),
        )
        for row in models
    ]
    st.html(table("Model", ("Calls", "Estimated", "Billed", "Gap", "Gap of the bill"), rows))
    source_line("Gap: billed minus estimated at list prices. Estimates are never scaled to the bill.")


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
