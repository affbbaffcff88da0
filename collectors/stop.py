"""SIGTERM and SIGINT: reading stops before the next page, the pass is booked as stopped, and the process ends.

The first signal asks, a second one ends the process at once: whatever had not landed by then lands next time.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from collectors.aws import Account, CallCount, Page
from collectors.errors import Stopped

SIGNALS = (signal.SIGTERM, signal.SIGINT)
NAP = 0.2  # seconds between two looks while waiting


class Stop:
    """Whether the process was asked to end. Threads may look at it; `signal_number` is None until then.

    A plain attribute and naps, no threading.Event: `ask` runs inside a signal handler, which would wait for ever for
    the Event's lock when the signal comes while `wait` holds it.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None

    @property
    def asked(self) -> bool:
        """Whether to end."""
        return self.signal_number is not None

    @property
    def exit_code(self) -> int:
        """128 + the signal, as shells count it: 143 after SIGTERM, 130 after Ctrl-C."""
        return 128 + (self.signal_number or signal.SIGTERM)

    def ask(self, signal_number: int = signal.SIGTERM) -> None:
        """End soon."""
        self.signal_number = signal_number

    def check(self) -> None:
        """Raise Stopped if the process is to end."""
        if self.asked:
            name = signal.Signals(self.signal_number or signal.SIGTERM).name
            raise Stopped(
                f"The collector was asked to stop ({name}).",
                "Nothing was lost: run again, and it goes on where it stopped.",
                retry_helps=True,
            )

    def wait(self, seconds: float) -> bool:
        """Wait that long, or until the process is to end; True if it is."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, NAP))
        return self.asked


class Stoppable:
    """An account that asks for no further page once the process is to end."""

    def __init__(self, account: Account, stop: Stop) -> None:
        self._account = account
        self._stop = stop

    @property
    def account_id(self) -> str:
        """That of the account."""
        return self._account.account_id

    @property
    def region(self) -> str:
        """That of the account."""
        return self._account.region

    @property
    def calls(self) -> CallCount:
        """Those of the account."""
        return self._account.calls

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One call. Raises Stopped."""
        self._stop.check()
        return self._account.call(service, operation, **parameters)

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """Every page of a call. Raises Stopped between two pages."""
        self._stop.check()
        for page in self._account.pages(service, operation, **parameters):
            yield page
            self._stop.check()


@contextmanager
def on_signals(stop: Stop) -> Iterator[None]:
    """Let SIGTERM and SIGINT ask `stop` instead of ending the process; a second one does end it."""

    def ask(number: int, _: object) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        stop.ask(number)

    before = {each: signal.signal(each, ask) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
