"""Under fire all rows land in the end, or a source fails with its remedy and no cursor has passed what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.published import read_status
from tests.proof.account import GROUPS, ONLY, Account, account, environment
from tests.proof.faults import Proxy, Rule, proxy
from tests.proof.killed import Ended, run
from tests.proof.tables import published_tables, raw_rows

EVENTS = {"service": "logs", "operation": "FilterLogEvents"}
# What is younger than this before the cursor is read again: a late record of a pass that failed lands with the next.
OVERLAP = timedelta(hours=2)
# The raw table and its key, for every log group.
RAW = {
    "aws/spans": "SELECT trace_id, span_id FROM raw.spans",
    "/bedrock/invocations": "SELECT request_id FROM raw.invocations",
    "/agent-kpi/outcomes": "SELECT event_id FROM raw.outcomes",
}


@dataclass(frozen=True)
class Weather:
    """Faults by name. `code` is the error that the source ends with; without one it gets through by its own retries."""

    name: str
    rule: Rule
    code: str | None = None


def now_and_then(**fault: Any) -> Rule:
    """A fault of every other call, a few times."""
    return {**EVENTS, "sequence": {"fail": 1, "pass": 1}, "times": 4, **fault}


def error(code: str, status: int) -> Rule:
    """An answer that is an error."""
    return {"error": {"code": code, "status": status}}


WEATHERS = (
    Weather("throttled now and then", now_and_then(**error("ThrottlingException", 400))),
    Weather("server errors now and then", now_and_then(**error("InternalServerError", 500))),
    Weather("a throttling storm", {**EVENTS, **error("ThrottlingException", 400)}, "ThrottlingException"),
    Weather("timeouts now and then", now_and_then(timeout_ms=200)),
    Weather(
        "a storm from the second page on",
        {**EVENTS, "body": "nextToken", **error("ThrottlingException", 400)},
        "ThrottlingException",
    ),
    Weather("resets now and then", now_and_then(reset=True)),
    Weather("resets mid-body now and then", now_and_then(response={"abort_frac": 0.5})),
    Weather("bodies always cut", {**EVENTS, "response": {"truncate_frac": 0.6}}, "PageIncomplete"),
    Weather("bodies cut now and then", now_and_then(response={"truncate_frac": 0.6})),
    Weather("bodies always corrupted", {**EVENTS, "response": {"corrupt_bytes": 16}}, "PageIncomplete"),
    Weather("bodies corrupted now and then", now_and_then(response={"corrupt_bytes": 16})),
    Weather("an expired token", {**EVENTS, **error("ExpiredTokenException", 400)}, "ExpiredTokenException"),
    Weather("a clock that is wrong", {**EVENTS, **error("RequestTimeTooSkewed", 403)}, "RequestTimeTooSkewed"),
)


@pytest.fixture
def fake() -> Iterator[Account]:
    """An account with something new in every weather."""
    with account(seed=7, waves=len(WEATHERS)) as made:
        yield made


@pytest.fixture
def fire(fake: Account) -> Iterator[Proxy]:
    """The proxy before it."""
    with proxy(fake.aws.url) as made:
        yield made


def test_no_weather_loses_a_row_or_lets_a_cursor_pass_it(fake: Account, fire: Proxy, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for wave, weather in enumerate(WEATHERS):
        fake.show(wave)
        fire.fail(weather.rule)
        ended = run(("run", *ONLY), environment(fire.url, home), tmp_path / "log")
        assert fire.fired(), f"{weather.name}: nothing failed"
        check_end(weather, ended, home)
        for group in GROUPS.values():
            passed = reached(home, group) - (OVERLAP if weather.code else timedelta(0))
            missing = fake.visible(wave, group, passed) - set(raw_rows(home, RAW[group]))
            assert missing == set(), f"{weather.name}: the cursor of {group} has passed what did not land"
    fire.fail()
    fake.show(len(WEATHERS))
    calm, at_once = (tmp_path / "home", tmp_path / "at-once")
    for each in (calm, at_once):
        assert run(("run", *ONLY), environment(fake.aws.url, each), tmp_path / "log").code == 0
    assert published_tables(calm) == published_tables(at_once)


def check_end(weather: Weather, ended: Ended, home: Path) -> None:
    """The pass got through, or every source says why not and what to do."""
    said = f"{weather.name}: {ended.said}"
    assert ended.code == (0 if weather.code is None else 1), said
    failed = [each for each in scopes(home) if each["status"] == "failed"]
    assert {each["error_code"] for each in failed} == ({weather.code} if weather.code else set()), said
    assert all(each["remedy"] and each["error_message"] for each in failed)


def scopes(home: Path) -> list[dict[str, Any]]:
    """What status.json says of every scope."""
    status = read_status(home)
    assert status is not None
    found: list[dict[str, Any]] = status["scopes"]
    return found


def reached(home: Path, group: str) -> datetime:
    """How far a group has been read; long ago, where nothing of it has."""
    rows = raw_rows(home, f"SELECT reached_at FROM ops.cursors WHERE scope = '{group}'")
    return rows[0][0] if rows else datetime(2000, 1, 1)
