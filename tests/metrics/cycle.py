"""The demo account of exactly one cycle: every incident begins after 28 days without one."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from collectors.__main__ import main as collectors
from collectors.demo.account import DemoAccount
from collectors.demo.shapes import CYCLE_DAYS, EPOCH

CYCLE = 3
FIRST = EPOCH + timedelta(days=CYCLE * CYCLE_DAYS)
END = datetime.combine(FIRST + timedelta(days=CYCLE_DAYS), datetime.min.time())
SOURCES = ("span_logs", "invocation_logs", "xray_traces", "outcome_events", "evaluations", "inventory")


def collect_cycle(folder: Path) -> None:
    """Collect the account as it stood at the end of the cycle."""
    wanted = [argument for source in SOURCES for argument in ("--source", source)]
    with (
        patch("collectors.accounts.DemoAccount", lambda: DemoAccount(end=END)),
        patch.dict(os.environ, {"LEDGER_HOME": str(folder)}),
    ):
        assert collectors(["run", "--demo", *wanted]) == 0
