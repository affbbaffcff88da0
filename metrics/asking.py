"""What the commands ask alike: which agents, which days."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, timedelta

from metrics.model import QueryError
from metrics.run import DEFAULT_DAYS, default_period
from sql.published import Published


def agent_ids(published: Published, wanted: Sequence[str]) -> tuple[str, ...]:
    """The ids behind ids or exact names. Raises QueryError where a name is nobody's or several agents'."""
    agents = published.rows("SELECT agent_id, agent_name FROM agents ORDER BY agent_id")
    known = {row["agent_id"] for row in agents} | {"unattributed"}
    found = []
    for name in wanted:
        ids = [name] if name in known else [row["agent_id"] for row in agents if row["agent_name"] == name]
        if len(ids) != 1:
            problem = f"Several agents are called {name!r}: give one id" if ids else f"There is no agent {name!r}"
            raise QueryError(f"{problem}. There are: {', '.join(ids or sorted(known))}.")
        found += ids
    return tuple(found)


def period(options: argparse.Namespace, published: Published) -> tuple[date, date]:
    """The days asked for; what is left open is the last complete days."""
    if options.first is None and options.last is None:
        return default_period(published)
    end = options.last or default_period(published)[1]
    return options.first or end - timedelta(days=DEFAULT_DAYS), end


def day(text: str) -> date:
    """A day as an argument."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as 2026-10-01") from None
