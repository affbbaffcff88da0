"""Several accounts and regions: one pass over all, side by side, and none of them stands in another's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet
from collectors.run import Asked, Job, Outcome, Place, run
from collectors.settings import Settings
from collectors.source import sources
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import Body, FakeAws, Fault, serving
from tests.collectors.support import NOW, REGION, ms, rows, span, use

OURS, THEIRS = "111122223333", "444455556666"
ONLY = Asked(only=("span_logs", "outcome_events"))


def event(number: int, agent: str) -> Body:
    """One outcome event."""
    return {"event.name": "agent.outcome", "schema_version": "1.0", "event_id": f"{agent}-{number}",
            "timestamp": "2026-11-20T11:00:00Z", "gen_ai.agent.name": agent, "session.id": "s1",
            "task.outcome": "success", "label.source": "system"}  # fmt: skip


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeAws]]:
    """Two accounts with groups of the same names, whose deliveries carry the same event ids."""
    with ExitStack() as stack:
        found = [stack.enter_context(serving(FakeAws(account_id=each))) for each in (OURS, THEIRS)]
        use(found[0], monkeypatch)
        for number, aws in enumerate(found):
            aws.put("aws/spans", "default", ms(30), {**span(1, 30), "traceId": f"{number:032x}"})
            aws.put("/agent-kpi/outcomes", "default", ms(20), event(1, f"agent{number}"))
        yield found


def place(aws: FakeAws, region: str = REGION, **more: bool) -> Place:
    """One account in one region."""
    return Place(AwsAccount(AwsSettings(region=region, endpoint_url=aws.url)), **more)


def one_pass(home: Path, *places: Place, asked: Asked = ONLY, parallel: int = 4) -> Outcome:
    """One pass over these places."""
    with Warehouse.open(home, kind="account") as warehouse:
        settings = Settings(home=home, parallel=parallel)
        return run(Job(warehouse, places, settings, lambda: NOW, lambda: NOW, Quiet(), asked))


def test_every_account_lands_under_its_own_name_with_its_own_cursors(accounts: list[FakeAws], tmp_path: Path) -> None:
    outcome = one_pass(tmp_path, *(place(each) for each in accounts))
    assert [(each.scope.account_id, each.scope.source, each.status, each.rows_new) for each in outcome.runs] == [
        (OURS, "outcome_events", "ok", 1), (OURS, "span_logs", "ok", 1),
        (THEIRS, "outcome_events", "ok", 1), (THEIRS, "span_logs", "ok", 1),
    ]  # fmt: skip
    assert rows(tmp_path, "SELECT account_id, count(*) FROM raw.spans GROUP BY 1 ORDER BY 1") == [
        (OURS, 1),
        (THEIRS, 1),
    ]
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(4,)]
    again = one_pass(tmp_path, *(place(each) for each in accounts))
    assert [each.rows_new for each in again.runs] == [0, 0, 0, 0]


def test_agents_of_the_same_name_in_two_regions_are_two_agents(accounts: list[FakeAws], tmp_path: Path) -> None:
    for number, aws in enumerate(accounts):
        record = span(2, 25, name="invoke_agent helper")
        record["attributes"] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"}
        record["resource"] = {"attributes": {"service.name": "helper"}}
        aws.put("aws/spans", "default", ms(25), {**record, "traceId": f"{number + 7:032x}"})
    one_pass(tmp_path, place(accounts[0]), place(accounts[0], "eu-central-1"), place(accounts[1]))
    found = rows(tmp_path, "SELECT DISTINCT agent_id FROM mart.tasks ORDER BY 1")
    assert (f"{OURS}/us-east-1/helper",) in found
    assert (f"{THEIRS}/us-east-1/helper",) in found


def test_an_account_that_cannot_be_read_never_stops_the_others(accounts: list[FakeAws], tmp_path: Path) -> None:
    accounts[0].faults = [Fault("DescribeLogGroups", "AccessDeniedException")]
    gone = replace(accounts[1], url="http://127.0.0.1:1")
    outcome = one_pass(tmp_path, place(gone), place(accounts[0]), place(accounts[1]))
    by_place = {(each.scope.account_id, each.scope.source): each for each in outcome.runs}
    assert outcome.exit_code == 1
    assert by_place["unknown", "span_logs"].retry_helps
    assert "Allow logs:DescribeLogGroups" in str(by_place[OURS, "span_logs"].remedy)
    assert (by_place[THEIRS, "span_logs"].status, by_place[THEIRS, "span_logs"].rows_new) == ("ok", 1)
    assert outcome.published is not None


def test_what_is_the_same_in_every_region_is_read_once(accounts: list[FakeAws]) -> None:
    first, second = place(accounts[0]), place(accounts[0], "eu-central-1", first_of_account=False, first_of_all=False)
    other = place(accounts[1], first_of_all=False)
    everywhere = sources()["span_logs"]
    per_account, once = replace(everywhere, reach="account"), replace(everywhere, reach="ledger")
    assert [each.reads(everywhere) for each in (first, second, other)] == [True, True, True]
    assert [each.reads(per_account) for each in (first, second, other)] == [True, False, True]
    assert [each.reads(once) for each in (first, second, other)] == [True, False, False]


@pytest.mark.parametrize(("parallel", "most"), [(1, 1), (2, 2)])
def test_no_more_places_are_read_at_once_than_the_settings_allow(
    accounts: list[FakeAws], tmp_path: Path, parallel: int, most: int
) -> None:
    busy, seen, lock = [0], [0], threading.Lock()
    both = threading.Barrier(most)

    def slow(asked: Body) -> tuple[int, Body]:
        with lock:
            busy[0] += 1
            seen[0] = max(seen[0], busy[0])
        both.wait(timeout=10)  # each round of places is under way together
        with lock:
            busy[0] -= 1
        return 200, {"logGroups": []}

    for aws in accounts:
        aws.answers["DescribeLogGroups"] = slow
    regions = ("us-east-1", "eu-central-1")
    outcome = one_pass(
        tmp_path,
        *(place(aws, region) for aws in accounts for region in regions),
        asked=Asked(only=("outcome_events",)),
        parallel=parallel,
    )
    assert [each.status for each in outcome.runs] == ["not_set_up"] * 4
    assert seen[0] == most
