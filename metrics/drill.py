"""Named drill-down SELECTs (`sql/queries/<name>.sql`): the rows behind a number, always within the viewer's scope."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from metrics.choosing import cut
from metrics.model import Access
from sql.published import Published

Row = dict[str, Any]
# Operations and settings of the whole ledger: they hold no rows of single agents.
WITHOUT_AGENTS = frozenset(
    {
        "org",
        "collector_runs",
        "cursors",
        "gaps",
        "insight_gaps",
        "rejects",
        "check_results",
        "findings",
        "own_definitions",
    }
)
UNATTRIBUTED = "unattributed"
# A query that others begin with: they read it by its name.
CHOSEN = "chosen_tasks"


def select_text(name: str) -> str:
    """The SQL of a named query, as it runs. KeyError names the queries there are."""
    found = _texts()
    if name not in found:
        raise KeyError(f"no query {name!r}; there are {', '.join(sorted(found))}")
    return found[name]


def names() -> tuple[str, ...]:
    """The named queries there are."""
    return tuple(sorted(_texts()))


def rows(
    published: Published, name: str, access: Access, agents: Sequence[str] | None = None, **params: object
) -> list[Row]:
    """Run a named query. `agents` narrows what the viewer may see, never widens it; `params` are its $parameters."""
    values: dict[str, object] = dict(params)
    if name not in WITHOUT_AGENTS:
        values["agents"] = in_scope(access, agents)
    return published.rows(*cut(select_text(name), values))


def in_scope(access: Access, agents: Sequence[str] | None) -> list[str] | None:
    """The agents a query may read: None for all; an empty list reads nothing."""
    if agents is None or not agents:
        return None if access.agents is None else sorted(access.agents)
    return [agent for agent in agents if access.allows(agent)]


@cache
def _texts() -> dict[str, str]:
    folder = files("sql") / "queries"
    found = [item for item in folder.iterdir() if item.name.endswith(".sql")]
    texts = {item.name.removesuffix(".sql"): item.read_text(encoding="utf-8").strip() for item in found}
    return {
        name: text.replace(f"from {CHOSEN}", f"from (\n{texts[CHOSEN]}\n) as tasks") for name, text in texts.items()
    }
