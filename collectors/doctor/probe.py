"""The contract of a probe, and the registry: the folder probes/.

A module `probes/<key>.py` defines `PROBE = Probe(key="<key>", …)`; its actions go into the IAM policy.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import collectors.doctor.probes
from collectors.aws import Account
from collectors.settings import Settings
from collectors.source import Grant
from sql.finding import Finding


@dataclass(frozen=True)
class Patient:
    """The account in one region that is examined."""

    account: Account
    settings: Settings

    def finding(
        self, code: str, severity: str, subject: str, *, wrong: str, evidence: str, unknown: tuple[str, ...], fix: str
    ) -> Finding:
        """A finding in this account and region. `severity`: error, warning or info."""
        where = self.account.account_id, self.account.region
        return Finding(code, severity, *where, subject, wrong, evidence, unknown, fix)


@dataclass(frozen=True)
class Probe:
    """A few cheap, read-only calls and what they show. `examine` raises SourceFailed; that becomes a finding itself."""

    key: str
    title: str
    actions: tuple[str, ...]
    unknown: tuple[str, ...]
    examine: Callable[[Patient], list[Finding]]

    @property
    def grant(self) -> Grant:
        """What the role needs for it."""
        return Grant(self.actions)


@cache
def probes() -> tuple[Probe, ...]:
    """Every probe, in the order of the file names."""
    names = sorted(module.name for module in pkgutil.iter_modules(collectors.doctor.probes.__path__))
    found: list[Probe] = [importlib.import_module(f"collectors.doctor.probes.{name}").PROBE for name in names]
    return tuple(found)
