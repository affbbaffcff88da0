"""What a pass is given and what it comes to: the names that reading, catching up and backfilling share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from collectors.aws import Account
from collectors.budget import Brake, brake
from collectors.progress import Progress
from collectors.settings import Settings
from collectors.source import Source
from collectors.stop import Stop
from collectors.then import FollowUp
from collectors.window import Pace, Window
from sql.warehouse import CheckResult, Run, Scope, Warehouse

OK, FAILED, NOT_SET_UP, STOPPED = "ok", "failed", "not_set_up", "stopped"


class Watch(Protocol):
    """Who is told how a pass goes on."""

    def begin(self, scope: Scope, window: Window) -> None:
        """A scope is being read."""

    def end(self, run: Run) -> None:
        """A scope is done, or has failed."""

    def note(self, text: str) -> None:
        """A step that is no scope."""

    def slowed(self, brake: Brake) -> None:
        """The budget slows paid sources in this pass."""

    def say(self, kind: str, text: str) -> None:
        """Something people should know; `kind` is one word."""

    def advanced(self, progress: Progress) -> None:
        """A backfill has come so far."""


@dataclass(frozen=True)
class Asked:
    """What the caller asks for: some sources only, another window. Empty and None mean as usual."""

    only: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Place:
    """An account in one region, and whether it is the first region of the account, and the first place of all."""

    account: Account
    first_of_account: bool = True
    first_of_all: bool = True

    def reads(self, source: Source) -> bool:
        """Whether the source is read here; what is the same in every region is read once."""
        return {"region": True, "account": self.first_of_account, "ledger": self.first_of_all}[source.reach]


@dataclass(frozen=True)
class Job:
    """Everything that one pass over the sources needs. `parallel`: how many places are read at once.

    `clock` dates the runs; `horizon` is how far the account's records can reach: the same, except for the example
    account. Both give naive UTC. `stop` ends the pass early; `brake` is what the budget does, set by `run`.
    """

    warehouse: Warehouse
    places: tuple[Place, ...]
    settings: Settings
    clock: Callable[[], datetime]
    horizon: Callable[[], datetime]
    watch: Watch
    asked: Asked = Asked()
    stop: Stop = field(default_factory=Stop)
    brake: Brake = field(default_factory=Brake)

    def pace(self, source: Source) -> Pace:
        """How the source is read, with the owner's settings."""
        return source.pace(self.settings.source(source.key).overlap, self.settings.first)

    def read(self, scope: Scope) -> list[Window]:
        """What has been read of a scope."""
        return [Window(start, end) for start, end in self.warehouse.ranges.of(scope, "read")]

    def braked(self) -> Job:
        """The same with what the budget does now."""
        now = self.clock()
        return replace(self, brake=brake(self.settings.budget_usd, self.warehouse.spent(now), now))


@dataclass
class Outcome:
    """What a pass came to. `notes`: what people should know besides, each as (kind, text).

    `then`: what became of the command that follows a pass; None where none ran.
    """

    runs: list[Run] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    published: Path | None = None
    stopped: bool = False
    brake: Brake = field(default_factory=Brake)
    notes: list[tuple[str, str]] = field(default_factory=list)
    then: FollowUp | None = None

    def tell(self, watch: Watch, kind: str, text: str) -> None:
        """Keep a note, and say it."""
        self.notes.append((kind, text))
        watch.say(kind, text)

    @property
    def blockers(self) -> list[CheckResult]:
        """The checks that stopped publishing."""
        return [check for check in self.checks if check.severity == "fail"]

    @property
    def failed(self) -> list[Run]:
        """The scopes that could not be read."""
        return [run for run in self.runs if run.status == FAILED]

    @property
    def exit_code(self) -> int:
        """0 when everything was read and published, and what follows went well, else 1."""
        return 1 if self.failed or self.blockers or (self.then is not None and not self.then.ok) else 0
