"""Queries that offer choices, cut to what was chosen.

A named query says `case $show`, a branch a line (`when 'timed' then …`), and `($tool is null or …)`: one file for a
page and all its filters. DuckDB plans and runs the joins of every branch, whatever is asked; so what was not chosen is
left out of the text first. The result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_CHOICE = re.compile(r"case \$(\w+)\n\s+(when '.*?)\n\s+else (.+?) end\b", re.DOTALL)
_BRANCH = re.compile(r"when '(\w+)' then (.*?)(?=\n\s+when '\w+' then |\Z)", re.DOTALL)
_OPTION = re.compile(r"\(\$(\w+) is null or .*\)$", re.MULTILINE)
_ORDER = re.compile(r"case when \$(\w+) = '(\w+)' then (\w+) end( desc nulls last,)\s+")


def cut(query: str, values: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The query with the chosen branches alone, and the values that it still asks for."""
    if not _CHOICE.search(query):
        return query, dict(values)

    def choice(found: re.Match[str]) -> str:
        return f"({dict(_BRANCH.findall(found[2])).get(str(values[found[1]]), found[3])})"

    def option(found: re.Match[str]) -> str:
        return "true" if values[found[1]] is None else found[0]

    def order(found: re.Match[str]) -> str:
        return f"{found[3]}{found[4]} " if values[found[1]] == found[2] else ""

    text = _ORDER.sub(order, _OPTION.sub(option, _CHOICE.sub(choice, query)))
    gone = _names(query) - _names(text)
    return text, {name: value for name, value in values.items() if name not in gone}


def _names(query: str) -> set[str]:
    """What a query asks for, outside its comments."""
    return set(re.findall(r"\$(\w+)", re.sub(r"--.*", "", query)))
