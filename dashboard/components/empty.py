"""What stands in a page's place when there is nothing to draw: each says what to do next."""

from __future__ import annotations

import streamlit as st

from dashboard.words import esc, prose


def message(title: str, text: str, *, steps: tuple[str, ...] = (), broken: bool = False) -> str:
    """A block with one heading, one sentence and, where it helps, numbered steps (already HTML)."""
    listed = f"<ol>{''.join(f'<li>{step}</li>' for step in steps)}</ol>" if steps else ""
    return f'<div class="al empty{" broken" if broken else ""}"><h1>{esc(title)}</h1><p>{text}</p>{listed}</div>'


def nothing_published(remedy: str) -> None:
    """No published file: try the demo account, or connect one in three steps."""
    steps = (
        "See it on invented data first: <code>python -m collectors run --demo</code>",
        "For your own account, give a role the read-only policy that <code>python -m collectors iam</code> prints.",
        "Make its credentials available (<code>AWS_PROFILE</code> or a role), then run <code>python -m collectors "
        "run</code>.",
        "Keep it up to date: schedule the same command every 15 minutes. This page fills by itself.",
    )
    st.html(message("No data yet", f"Nothing has been published for this ledger. {prose(remedy)}", steps=steps))


def unreadable(what: str, remedy: str) -> None:
    """The published file cannot be read: what happened and what to do."""
    st.html(message("The published file cannot be read", esc(what), steps=(prose(remedy),), broken=True))


def nothing_matches(what: str, loosen: list[str]) -> None:
    """The filter gives nothing: what to loosen, as links (already HTML)."""
    st.html(message(f"No {what} match this view", "Loosen one of these:", steps=tuple(loosen)))


def silent_agent(*, runs: bool) -> None:
    """An agent of which nothing was ever seen: its jobs are unknown, and this is how to see them."""
    steps: tuple[str, ...]
    health = "<a href='data_health'>Data health</a> says whether the logs it would write to can be read."
    if runs:
        text = "It is in the account and may be working: what it does, costs and gets right is unknown."
        steps = (
            "Turn on Transaction Search in CloudWatch, once for the account and region.",
            "Instrument the agent with the AWS Distro for OpenTelemetry (on AgentCore Runtime: its "
            "observability setting), so that it sends spans.",
            health,
        )
        st.html(message("This agent runs, but sends no telemetry", text, steps=steps))
        return
    steps = ("Check <code>id</code> and <code>hosts</code> of its contract in <code>ledger.toml</code>.", health)
    st.html(message("This agent was never seen", "It is declared, and no record names it.", steps=steps))


def no_agents() -> None:
    """Connected, but no agent has been seen."""
    steps = (
        "Look at <a href='data_health'>Data health</a>: each source says whether it is set up and how to do it.",
        "Run <code>python -m collectors status</code> after the next run.",
    )
    st.html(message("No agents seen yet", "The account was read, and no agent run was found in it.", steps=steps))
