"""docs/sources.md: every source in its own words, made from the modules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from collectors.source import Grant, Source

REACH = {
    "region": "once in every region that is read",
    "account": "once an account, in its first region",
    "ledger": "once in all",
}
TOP = """# Sources

Made by `python -m collectors sources --write docs/sources.md`; do not edit. One module in `collectors/sources/` each.

A source that an account does not have costs a cheap call or two and shows as "not set up", with how to switch it on.
What is missing makes a KPI unknown, never zero. `[sources.<name>]` in `ledger.toml` takes `enabled`, `overlap` and what
the source names below; the whole policy is on the page [IAM policy](iam.md).
"""


def page(found: Iterable[Source]) -> str:
    """The whole page."""
    known = list(found)
    rows = "\n".join(f"| [{each.key}](#{each.key}) | {each.title} | {rhythm(each)} |" for each in known)
    table = f"| source | what | rhythm |\n|---|---|---|\n{rows}\n"
    return "\n".join([TOP, table, *(section(each) for each in known)])


def rhythm(source: Source) -> str:
    """How often it is read, in words."""
    often = "every run" if source.grid is None else f"at most every {span(source.grid)}"
    return often if source.enabled else f"off until `enabled = true`; then {often}"


def section(source: Source) -> str:
    """What one source says of itself."""
    about = source.about
    lines = [
        f"## {source.key}",
        "",
        f"**{source.title}.** {about.reads}",
        "",
        f"- Feeds: {about.feeds}",
        f"- Lag: {about.lag}",
        f"- Read: {rhythm(source)}, {REACH[source.reach]}; {span(source.overlap)} are read again each time.",
        f"- Cost: {about.cost}",
        f"- Switch it on: {about.switch_on}",
        f"- IAM: {'; '.join(grant(each) for each in source.actions) or 'none, it reads files'}.",
    ]
    lines += ["- Settings: `groups` (log groups to read as well)."] if source.takes_groups else []
    for option in source.options:
        keys = f" Keys: {', '.join(f'`{key}`' for key in option.keys)}." if option.keys else ""
        lines.append(f"- Setting `{option.name}` ({option.kind}): {option.meaning}{keys}")
    return "\n".join([*lines, ""])


def grant(each: Grant) -> str:
    """Actions and what they are needed on."""
    where = "" if each.resources == ("*",) else f" on {', '.join(f'`{resource}`' for resource in each.resources)}"
    return f"{', '.join(f'`{action}`' for action in each.actions)}{where}"


def span(length: timedelta) -> str:
    """A duration in words: 1 hour, 90 minutes, 14 days."""
    seconds = int(length.total_seconds())
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"
