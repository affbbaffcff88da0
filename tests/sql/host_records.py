"""What the tests of executions and Lambda reports share: agents on hosts, and landing what collectors hand over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sql.config import ConfigTables, Contract
from sql.warehouse import Landed, Scope, Spool, Warehouse
from tests.sql.support import ACCOUNT, REGION, START

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:refunds"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:refunds:case-1"
EXPRESS = f"arn:aws:states:{REGION}:{ACCOUNT}:express:refunds:case-1:0f"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tools"
TRACE = "61c86fa459b3c6d959653c527fd10966"
MINUTE = timedelta(minutes=1)


def after(minutes: float) -> datetime:
    """Minutes after START."""
    return START + minutes * MINUTE


def place(source: str) -> Scope:
    """Where records of these tests come from."""
    return Scope(source, ACCOUNT, REGION, "x")


def put(wh: Warehouse, feed: str, *records: dict[str, Any]) -> Landed:
    """Land rows parsed in Python."""
    with wh.transaction():
        return wh.land_rows(feed, records, (), place("step_functions"))


def spool(wh: Warehouse, feed: str, *texts: str, at: float = 10) -> Landed:
    """Land records as texts, all of one moment (minutes after START)."""
    at_ms = int((after(at) - datetime(1970, 1, 1)) / timedelta(milliseconds=1))
    with Spool() as held, wh.transaction():
        for number, text in enumerate(texts):
            held.add(text, at_ms=at_ms, ingested_ms=at_ms + 5, event_id=f"e{number}", group="/aws/lambda/tools")
        return wh.land_records(feed, held, place("lambda_reports"))


def hosted(*hosts: str, agent: str = "refund") -> Contract:
    """An agent on these hosts."""
    return Contract(agent_id=agent, agent_name=agent, hosts=hosts)


def declared(*contracts: Contract, zone: str = "UTC") -> ConfigTables:
    """Settings with these agents."""
    return ConfigTables(org={"timezone": zone}, contracts=contracts)
