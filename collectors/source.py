"""The contract of a source module, and the registry: the folder sources/.

A module `sources/<key>.py` defines `SOURCE = Source(key="<key>", …)`. Adding the file adds the source: to `run`, to the
settings, to the IAM policy and to the status. Inside, fetching (network, AWS pages unchanged) and parsing (pure) are
separate functions; `collect` connects them to the landing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import ModuleType
from typing import Literal

import collectors.sources
from collectors.aws import Account
from collectors.errors import BadSource
from collectors.landing import Landing
from collectors.settings import Option, SourceSettings
from collectors.window import Pace, Window
from sql.warehouse import Scope

__all__ = ["About", "Grant", "Option", "Reading", "Source", "read_module", "sources"]


@dataclass(frozen=True)
class Grant:
    """IAM actions that a source needs, and the resources it needs them on."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class About:
    """What people want to know of a source before they switch it on; docs/sources.md is made from it."""

    reads: str
    feeds: str
    cost: str
    lag: str
    switch_on: str


@dataclass(frozen=True)
class Reading:
    """One window of one scope, with all that reading it takes."""

    account: Account
    scope: Scope
    window: Window
    landing: Landing
    settings: SourceSettings


def kept_for_ever(account: Account, scope: Scope) -> timedelta | None:
    """How long AWS keeps the records of a scope of which nothing else is known."""
    return None


def kept(time: timedelta) -> Callable[[Account, Scope], timedelta | None]:
    """How long AWS keeps the records of every scope of a source."""
    return lambda account, scope: time


@dataclass(frozen=True)
class Source:
    """One kind of record in an AWS account, or in people's files.

    `scopes` lists what there is to read, each with its own cursor; it raises NotSetUp where the account has nothing.
    `collect` reads one window of one scope to the end and hands everything to the landing. Both raise SourceFailed.
    `feeds` are landing feeds (sql/parse), the first the usual one. `grid` aligns windows and is the rhythm: a step is
    read once. `reach` says how often it is read: in every region, once an account, or once in all.

    `longest` is the longest window of a catch-up and of a backfill; None: the source has no past, because it reads what
    there is now, or every file that is new. `keeps` says how long AWS keeps the records of a scope; None: unknown, or
    for ever. `deep`: how far back late records are looked for once a week.
    """

    key: str
    title: str
    feeds: tuple[str, ...]
    actions: tuple[Grant, ...]
    scopes: Callable[[Account, SourceSettings], list[Scope]]
    collect: Callable[[Reading], None]
    overlap: timedelta
    about: About
    settle: timedelta = timedelta(seconds=60)
    grid: timedelta | None = None
    takes_groups: bool = False
    reach: Literal["region", "account", "ledger"] = "region"
    options: tuple[Option, ...] = ()
    enabled: bool = True
    longest: timedelta | None = timedelta(days=1)
    keeps: Callable[[Account, Scope], timedelta | None] = kept_for_ever
    deep: timedelta | None = None

    def pace(self, overlap: timedelta | None, first: timedelta) -> Pace:
        """How to read it, with the owner's overlap where there is one."""
        return Pace(overlap or self.overlap, self.settle, first, self.grid, self.longest)


@cache
def sources() -> dict[str, Source]:
    """Every source by its key, in the order of the file names. Raises BadSource."""
    names = sorted(module.name for module in pkgutil.iter_modules(collectors.sources.__path__))
    return {name: read_module(importlib.import_module(f"collectors.sources.{name}")) for name in names}


def read_module(module: ModuleType) -> Source:
    """The Source of a module. Raises BadSource, naming the file and what is missing."""
    name = module.__name__.rpartition(".")[2]
    file = f"collectors/sources/{name}.py"
    found = getattr(module, "SOURCE", None)
    if not isinstance(found, Source):
        raise BadSource(
            f"{file} defines no SOURCE.", "Give it `SOURCE = Source(...)`; collectors/source.py says what that holds."
        )
    if found.key != name:
        raise BadSource(f"{file} has the key {found.key!r}.", f"The key of a source is the name of its file: {name!r}.")
    wrong = [action for grant in found.actions for action in grant.actions if action.count(":") != 1]
    if wrong or not (found.actions or found.reach == "ledger"):
        raise BadSource(f"{file} names no IAM actions, or wrong ones: {wrong}.", "Write them as service:Operation.")
    silent = [name for name, value in vars(found.about).items() if not value.strip()]
    if silent or not found.feeds:
        raise BadSource(
            f"{file} says nothing about: {', '.join(silent or ['feeds'])}.", "Every source explains itself."
        )
    return found
