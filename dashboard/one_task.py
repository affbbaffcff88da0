"""One job: the story in plain words first, then its steps, calls, tools, labels and ids."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import streamlit as st

from dashboard import data
from dashboard.components import empty
from dashboard.components.crew_table import crew_note, crew_table
from dashboard.components.sections import section, source_line
from dashboard.components.table import code, table
from dashboard.components.tasks_table import STATUS_WORDS, cost_text
from dashboard.components.waterfall import waterfall
from dashboard.view import View
from dashboard.words import clock, esc, plural
from metrics import units
from sql import journal
from sql.errors import HomeNotWritable

ANSWERS = {"right": 1.0, "wrong": 0.0}
EVERYTHING: dict[str, Any] = {"versions": None, "environments": None, "from": None, "to": None}
STATUS_STORY = {
    "success": "It ended well",
    "failed": "It failed",
    "escalated": "It was handed to people",
    "abandoned": "It was abandoned",
    "cancelled": "It was cancelled",
    "in_flight": "It is still running",
    None: "How it ended is not known",
}


def draw(view: View, task_id: str) -> None:
    """Draw the job of that id, or say that there is none this viewer may see."""
    found = view.ledger.rows("task", (), task=task_id)
    if not found:
        empty.nothing_matches(
            "jobs", [f'There is no job “{esc(task_id)}” here. <a href="{esc(view.link("tasks"))}">Show all jobs</a>']
        )
        return
    task = found[0]
    keys = {"task": task_id, "agent": task["agent_id"]}
    calls, tools = view.ledger.rows("task_model_calls", (), **keys), view.ledger.rows("task_tool_calls", (), **keys)
    handed = view.ledger.rows("task_escalations", (), **keys)
    st.button("All jobs", key="all_jobs", icon=":material/arrow_back:", type="tertiary", on_click=_leave)
    st.html(_story(view, task, calls, tools, handed))
    section("Steps", "Bars run from start to end")
    st.html(waterfall(view.ledger.rows("task_spans", (), task=task_id, trace=task["trace_id"])))
    source_line("Colours repeat the kind: model calls are blue, tools teal, what failed is orange.")
    section("Model calls", plural(len(calls), "call"))
    st.html(_calls_table(view, calls))
    section("Tool calls", plural(len(tools), "call"))
    st.html(_tools_table(view, tools))
    _crew(view, task)
    _labels(view, task)
    section("Ids and links", "")
    st.html(_ids(task, calls))


def _crew(view: View, task: dict[str, Any]) -> None:
    rows = view.ledger.rows("crew", (task["agent_id"],), **EVERYTHING, task=task["task_id"])
    if rows:
        section("Agents at work", plural(len(rows), "agent"))
        st.html(crew_table(rows, jobs=False))
        source_line(crew_note(rows))


def _leave() -> None:
    st.query_params.pop("task", None)


def _story(view: View, task: dict[str, Any], calls: data.Rows, tools: data.Rows, handed: data.Rows) -> str:
    kind = f" · {esc(task['task_type'])}" if task["task_type"] else ""
    version = f" {esc(task['agent_version'])}" if task["agent_version"] else ""
    took = (
        f" after {units.text(task['duration_ms'], 'ms')}"
        if task["duration_ms"] is not None and task["status"] != "in_flight"
        else ""
    )
    head = f"{STATUS_STORY.get(task['status'], str(task['status']))}{took}"
    sentences = [
        f"<b>{esc(view.name(task['agent_id']))}</b>{version} began on "
        f"{clock(task['started_at'], view.zone, seconds=True)}.",
        f"It called a model <b>{plural(len(calls), 'time')}</b> and tools <b>{plural(len(tools), 'time')}"
        f"</b>{_trouble(calls, tools)}.",
        _money_sentence(task),
        _verdict_sentence(task),
        _handed_sentence(task, handed),
        f"It was {units.text(task['confidence'], 'ratio')} confident."
        if task["confidence"] is not None
        else "It gave no confidence.",
    ]
    glyph, word, style = STATUS_WORDS.get(task["status"], ("○", "", "quiet"))
    return (
        f'<div class="al lead"><p class="eyebrow">Job {esc(task["business_key"] or task["task_id"])}{kind} · <span '
        f'class="{style}">{glyph} {word}</span></p>'
        f'<h1>{head}.</h1><p class="sub">{" ".join(sentence for sentence in sentences if sentence)}</p></div>'
    )


def _trouble(calls: data.Rows, tools: data.Rows) -> str:
    bad_calls = sum(1 for row in calls if row["is_error"])
    bad_tools = sum(1 for row in tools if row["status"] not in ("ok", None))
    counted = ((bad_calls, "model call"), (bad_tools, "tool call"))
    said = [f"{plural(count, word)} did not work" for count, word in counted if count]
    return f" ({', '.join(said)})" if said else ""


def _money_sentence(task: dict[str, Any]) -> str:
    if task["cost_usd"] is None:
        return (
            "Its cost is not known: a model has no price."
            if task["cost_state"] == "unpriced"
            else "No model call was priced."
        )
    return f"That cost <b>{cost_text(task)}</b> at list prices."


def _verdict_sentence(task: dict[str, Any]) -> str:
    if task["status_source"] == "verdict":
        reason = f" ({esc(task['reason'])})" if task["reason"] else ""
        return f"The verdict came from an outcome event: {esc(task['verdict'] or task['status'])}{reason}."
    if task["status_source"] == "root_status":
        return "It counts as good because it ended without an error, as its contract says; nobody confirmed it."
    if str(task["status_source"]).startswith("rule:"):
        return _rule_sentence(task)
    return "" if task["status"] else "No outcome was reported for it."


def _rule_sentence(task: dict[str, Any]) -> str:
    name = esc(str(task["status_source"]).removeprefix("rule:").replace("_", " "))
    if task["waits_until"]:
        return f"Your rule “{name}” waits with its word until {task['waits_until']:%Y-%m-%d %H:%M} UTC."
    reason = f" ({esc(task['reason'])})" if task["reason"] else ""
    return f"Your rule “{name}” decided: {esc(task['status'])}{reason}."


def _handed_sentence(task: dict[str, Any], handed: data.Rows) -> str:
    if not task["escalated"]:
        return ""
    reason = str(task["escalation_reason"] or (handed[0]["reason"] if handed else None) or "unknown").replace("_", " ")
    target = f" to {esc(handed[0]['target'])}" if handed and handed[0]["target"] else ""
    return f"It was handed{target or ' to people'}; reason: <b>{esc(reason)}</b>."


def _calls_table(view: View, calls: data.Rows) -> str:
    heads = ("Started", "Time", "First token", "Input", "From cache", "To cache", "Output", "Cost", "Ended")
    rows = [
        (
            esc(row["model"] or row["model_id_raw"] or "unknown model"),
            clock(row["started_at"], view.zone, seconds=True),
            units.text(row["duration_ms"], "ms"),
            units.text(row["ttft_ms"], "ms"),
            _tokens(row["uncached_input_tokens"]),
            _tokens(row["cache_read_tokens"]),
            _tokens(_sum(row["cache_write_5m_tokens"], row["cache_write_1h_tokens"])),
            _tokens(row["output_tokens"]),
            _call_cost(row),
            f'<span class="bad">■ {esc(row["error_code"] or "failed")}</span>'
            if row["is_error"]
            else esc(row["stop_reason"] or units.NOTHING),
        )
        for row in calls
    ]
    return table("Model", heads, rows, "This job made no model call that was seen.")


def _tools_table(view: View, tools: data.Rows) -> str:
    rows = [
        (
            esc(row["tool_name"] or "unnamed tool"),
            clock(row["started_at"], view.zone, seconds=True),
            units.text(row["duration_ms"], "ms"),
            esc(row["status"] or units.NOTHING)
            if row["status"] in ("ok", None)
            else f'<span class="bad">■ {esc(str(row["status"]).replace("_", " "))}</span> {esc(row["error_type"])}',
        )
        for row in tools
    ]
    return table("Tool", ("Started", "Time", "Result"), rows, "This job called no tool that was seen.")


def _tokens(count: int | None) -> str:
    return units.text(count, "count")


def _sum(*parts: int | None) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _call_cost(row: dict[str, Any]) -> str:
    if row["cost_usd"] is None:
        return "— not priced"
    return f"{'≈ ' if row['price_state'] == 'estimated' else ''}{units.text(float(row['cost_usd']), 'usd')}"


def _labels(view: View, task: dict[str, Any]) -> None:
    section("Was this result right?", "")
    landed = view.ledger.rows("task_labels", (), task=task["task_id"], agent=task["agent_id"])
    known = {row["event_id"] for row in landed}
    entered = [
        row
        for row in data.entered_labels(view.ledger, task["task_id"], task["agent_id"])
        if row.get("event_id") not in known
    ]
    rows = [_entered_row(row) for row in entered] + [_landed_row(view, row) for row in landed]
    st.html(table("Judgement", ("By", "When", "Score", "Note"), rows, "Nobody has judged this job yet."))
    with (
        st.form("label", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        answer = st.segmented_control(
            "Was this result right?",
            list(ANSWERS),
            format_func=str.capitalize,
            key="label_answer",
            default="right",
            required=True,
        )
        note = st.text_input("Why (a short code, no personal data)", key="label_note", max_chars=80, width=300)
        sent = st.form_submit_button("Save label")
    if sent:
        _save(view, task, str(answer), note.strip())
    source_line(
        "A label on a job you picked yourself is kept as evidence. It moves accuracy only where jobs are drawn at "
        "random, with a known chance."
    )


def _save(view: View, task: dict[str, Any], answer: str, note: str) -> None:
    record: dict[str, Any] = {
        "task.id": task["task_id"],
        "trace_id": task["trace_id"],
        "session.id": task["session_id"],
        "gen_ai.agent.id": task["agent_id"],
        "gen_ai.agent.name": task["agent_name"],
        "label.source": "human_expert",
        "label.annotator": "dashboard",
        "gen_ai.evaluation.name": "correctness",
        "gen_ai.evaluation.score.value": ANSWERS[answer],
        "gen_ai.evaluation.score.label": answer,
        "reason_code": note or None,
    }
    try:
        journal.append(view.ledger.home, {name: value for name, value in record.items() if value is not None})
    except HomeNotWritable as error:
        st.error(f"{error.message} {error.remedy}")
        return
    st.rerun()


def _entered_row(row: dict[str, Any]) -> tuple[str, ...]:
    score = row.get("gen_ai.evaluation.score.value")
    when = str(row.get("timestamp", ""))[:16].replace("T", " ")
    shown = units.text(score, "ratio") if isinstance(score, int | float) else units.NOTHING
    label = esc(row.get("gen_ai.evaluation.score.label") or row.get("gen_ai.evaluation.name") or "label")
    return (
        f'{label} <span class="chip">just entered</span>',
        esc(row.get("label.annotator")),
        f"{esc(when)} UTC",
        shown,
        esc(row.get("reason_code")),
    )


def _landed_row(view: View, row: dict[str, Any]) -> tuple[str, ...]:
    value = f"{esc(row['value'] or row['rubric'])}<span class='under'>{esc(row['rubric'])}, {esc(row['kind'])}</span>"
    return (
        value,
        esc(row["rater"] or row["label_source"] or units.NOTHING),
        clock(row["labelled_at"], view.zone),
        units.text(row["score"], "ratio"),
        esc(row["reason"]),
    )


def _ids(task: dict[str, Any], calls: data.Rows) -> str:
    region = next((row["region"] for row in calls if row["region"]), None)
    ids = (
        ("Job", task["task_id"]),
        ("Business key", task["business_key"]),
        ("Trace", task["trace_id"]),
        ("Session", task["session_id"]),
        ("Agent", task["agent_id"]),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{code(value)}</dd>" for name, value in ids if value)
    links = "".join(
        f'<dt>{name}</dt><dd><a href="{esc(url)}" rel="noreferrer">{esc(text)}</a></dd>'
        for name, text, url in _console_links(task, region)
    )
    return f'<div class="al"><dl class="ids">{rows}{links}</dl></div>'


def _console_links(task: dict[str, Any], region: str | None) -> list[tuple[str, str, str]]:
    """Links into the AWS console of the job's Region; none where the Region is not known."""
    trace = str(task["trace_id"] or "")
    if not region or not trace:
        return []
    base = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#"
    links = []
    if len(trace) == 32:
        links.append(("X-Ray", "Open the trace", f"{base}xray:traces/1-{trace[:8]}-{trace[8:]}"))
    start: datetime = task["started_at"]
    end = (task["ended_at"] or start) + timedelta(minutes=1)
    query = quote(f"fields @timestamp, @message | filter traceId = '{trace}'", safe="").replace("%", "*")
    since, until = (f"{moment:%Y-%m-%dT%H*3a%M*3a%S.000Z}" for moment in (start, end))
    span = f"end~'{until}~start~'{since}~timeType~'ABSOLUTE"
    detail = f"~({span}~editorString~'{query}~source~(~'aws*2fspans))"
    links.append(
        (
            "CloudWatch",
            "Search its log records",
            f"{base}logsV2:logs-insights$3FqueryDetail$3D{quote(detail, safe='~()*').replace('%', '$25')}",
        )
    )
    return links
