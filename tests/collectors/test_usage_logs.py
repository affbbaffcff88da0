"""AgentCore usage logs over HTTP: found by their deliveries, added up by session and hour in any windows alike."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.aws import AwsAccount, AwsSettings
from collectors.landing import Landing
from collectors.logs import read_group
from collectors.run import Asked
from collectors.settings import Settings, SourceSettings
from collectors.sources.usage_logs import LOG_GROUP, parse_groups, parse_sources
from collectors.window import Window, floor, to_ms
from sql.warehouse import Scope, Warehouse
from tests.collectors.fake_aws import Body, FakeAws, Fault
from tests.collectors.moto_server import moto
from tests.collectors.support import NOW, REGION, by_scope, everything, fake, read, rows
from tests.usage_lines import usage

KEY = "usage_logs"
GROUP = "/aws/vendedlogs/bedrock-agentcore/runtime/USAGE_LOGS/helper"
HOUR = timedelta(hours=1)
SUMS = "SELECT session_id, kind, hour, vcpu_hours, gb_hours, seconds, records FROM raw.usage_hours ORDER BY ALL"


def delivering(aws: FakeAws, *groups: str, log_type: str = "USAGE_LOGS") -> None:
    """Deliveries of usage to these groups, one to a bucket, and one of other logs."""
    kinds = [*((f"s{n}", log_type, f"arn:aws:logs:{REGION}:1:log-group:{group}:*") for n, group in enumerate(groups)),
             ("bucket", log_type, "arn:aws:s3:::logs"),
             ("other", "APPLICATION_LOGS", f"arn:aws:logs:{REGION}:1:log-group:/other")]  # fmt: skip
    sources = [{"name": name, "service": "bedrock-agentcore", "logType": kind} for name, kind, _ in kinds]
    deliveries = [{"id": name, "deliverySourceName": name, "deliveryDestinationArn": f"d-{name}"} for name, *_ in kinds]
    destinations = [{"arn": f"d-{name}", "deliveryDestinationConfiguration": {"destinationResourceArn": target}}
                    for name, _, target in kinds]  # fmt: skip
    answers: dict[str, tuple[str, list[Body]]] = {
        "DescribeDeliverySources": ("deliverySources", sources),
        "DescribeDeliveries": ("deliveries", deliveries),
        "DescribeDeliveryDestinations": ("deliveryDestinations", destinations),
    }
    for operation, (key, found) in answers.items():
        aws.answers[operation] = partial(in_pages, aws, found, key)


def in_pages(aws: FakeAws, found: list[Body], key: str, asked: Body) -> tuple[int, Body]:
    """A list in short pages, some of them empty."""
    return aws.paged(found, asked, key)


def put(aws: FakeAws, at: datetime, **more: Any) -> None:
    """One record of that moment."""
    aws.put(GROUP, "usage", to_ms(at), usage(to_ms(at), **more))


def window_of(since: datetime, until: datetime) -> Asked:
    """Only this source, over this window."""
    return Asked(only=(KEY,), since=since, until=until)


def test_the_lines_of_a_session_become_one_row_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ten = NOW - 3 * HOUR
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        for second in range(7):
            put(aws, ten + timedelta(seconds=second), vcpu=0.000001, gb=0.0002)
        put(aws, ten + HOUR, vcpu=0.5, gb=0.25)
        put(aws, ten, vcpu=0.1, gb=None, session="other", kind="browser", elapsed="elapsed_time_seconds")
        done = by_scope(read(tmp_path, KEY))[f"{KEY} {GROUP}"]
    assert (done.status, done.rows_read, done.rows_new) == ("ok", 9, 3)
    assert rows(tmp_path, SUMS) == [
        ("other", "browser", ten, Decimal("0.1"), None, Decimal(1), 1),
        ("session-1", "runtime", ten, Decimal("0.000007"), Decimal("0.0014"), Decimal(7), 7),
        ("session-1", "runtime", ten + HOUR, Decimal("0.5"), Decimal("0.25"), Decimal(1), 1),
    ]


def test_nothing_of_a_second_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        for second in range(50):
            put(aws, NOW - 2 * HOUR + timedelta(seconds=second), vcpu=0.00123456789)
        read(tmp_path, KEY)
    (tmp_path / "status.json").write_text("")
    assert rows(tmp_path, "SELECT count(*) FROM raw.usage_hours") == [(1,)]
    assert "123456789," not in everything(tmp_path)


def test_late_lines_make_an_hour_grow_and_restate_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ten = NOW - 2 * HOUR
    later = [NOW + n * HOUR for n in (1, 2)]
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        put(aws, ten, vcpu=0.25)
        first = by_scope(read(tmp_path, KEY))[f"{KEY} {GROUP}"]
        put(aws, ten + timedelta(minutes=59), vcpu=0.5)
        second, third = (by_scope(read(tmp_path, KEY, now=now))[f"{KEY} {GROUP}"] for now in later)
    assert [(run.rows_new, run.rows_changed) for run in (first, second, third)] == [(1, 0), (0, 1), (0, 0)]
    assert rows(tmp_path, "SELECT vcpu_hours, records FROM raw.usage_hours") == [(Decimal("0.75"), 2)]


def test_an_hour_that_is_already_read_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        put(aws, NOW - 2 * HOUR)
        read(tmp_path, KEY)
        aws.seen.clear()
        again = read(tmp_path, KEY, now=NOW + timedelta(seconds=30))
        assert aws.asked("FilterLogEvents") == []
    assert again.runs == []


def test_two_groups_with_the_same_lines_do_not_double_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP, "/copy")
        put(aws, NOW - 2 * HOUR, vcpu=0.5)
        aws.groups["/copy"] = [dict(each, eventId="copied") for each in aws.groups[GROUP]]
        runs = by_scope(read(tmp_path, KEY))
    assert {name for name in runs} == {f"{KEY} {GROUP}", f"{KEY} /copy"}
    assert rows(tmp_path, "SELECT vcpu_hours, records FROM raw.usage_hours") == [(Decimal("0.5"), 1)]


def test_an_event_that_two_pages_repeat_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        put(aws, NOW - 2 * HOUR, vcpu=0.5)
        aws.groups[GROUP] *= 2
        done = by_scope(read(tmp_path, KEY))[f"{KEY} {GROUP}"]
    assert done.skipped == 1
    assert rows(tmp_path, "SELECT vcpu_hours FROM raw.usage_hours") == [(Decimal("0.5"),)]


def test_a_window_that_breaks_off_leaves_no_half_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws, GROUP)
        for second in range(9):
            put(aws, NOW - 2 * HOUR + timedelta(seconds=second), vcpu=0.125)
        aws.faults.append(Fault("FilterLogEvents", "ServiceUnavailableException", 500, passed=2))
        done = by_scope(read(tmp_path, KEY))[f"{KEY} {GROUP}"]
        assert rows(tmp_path, SUMS) == []
        aws.faults.clear()
        read(tmp_path, KEY)
    assert done.status == "failed"
    assert rows(tmp_path, "SELECT vcpu_hours, records FROM raw.usage_hours") == [(Decimal("1.125"), 9)]


def test_groups_that_the_settings_name_are_read_without_a_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Settings(home=tmp_path, sources={KEY: SourceSettings(groups=("/mine", GROUP))})
    with fake(monkeypatch, groups={"/mine": []}) as aws:
        delivering(aws, GROUP, log_type="TRACES")
        put(aws, NOW - 2 * HOUR)
        runs = by_scope(read(tmp_path, KEY, settings=mine))
    assert {name: (run.status, run.rows_new) for name, run in runs.items()} == {
        f"{KEY} /mine": ("ok", 0),
        f"{KEY} {GROUP}": ("ok", 1),
    }
    assert rows(tmp_path, "SELECT count(*), min(reached_at) FROM ops.cursors") == [(2, floor(NOW - HOUR, HOUR))]


def test_an_account_without_usage_logs_costs_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, answers={"DescribeDeliverySources": lambda _: (200, {"deliverySources": []})}):
        (done,) = read(tmp_path, KEY).runs
    assert (done.status, done.api_calls) == ("not_set_up", 2)  # the other one asks who we are
    assert "USAGE_LOGS" in str(done.remedy)


def test_usage_that_goes_to_a_bucket_only_is_not_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        delivering(aws)
        (done,) = read(tmp_path, KEY).runs
    assert (done.status, str(done.error_message)) == (
        "not_set_up",
        "AgentCore delivers its usage logs, but to no CloudWatch Logs group.",
    )


@pytest.mark.parametrize("operation", ["DescribeDeliverySources", "DescribeDeliveries", "FilterLogEvents"])
def test_a_denial_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    with fake(monkeypatch, faults=[Fault(operation, "AccessDeniedException", 400)]) as aws:
        delivering(aws, GROUP)
        put(aws, NOW - 2 * HOUR)
        (done,) = read(tmp_path, KEY).runs
    assert done.status == "failed"
    assert f"logs:{operation}" in f"{done.error_message} {done.remedy}"


def test_only_deliveries_of_usage_to_log_groups_are_found() -> None:
    sources = [{"deliverySources": [{"name": "a", "logType": "USAGE_LOGS", "service": "bedrock-agentcore"},
                                    {"name": "b", "logType": "TRACES", "service": "bedrock-agentcore"},
                                    {"name": "c", "logType": "USAGE_LOGS", "service": "another"}]}]  # fmt: skip
    assert parse_sources(sources) == {"a"}
    deliveries = [{"deliveries": [{"deliverySourceName": "a", "deliveryDestinationArn": "x"},
                                  {"deliverySourceName": "b", "deliveryDestinationArn": "y"}]}]  # fmt: skip
    destinations = [{"deliveryDestinations": [
        {"arn": arn, "deliveryDestinationConfiguration":
         {"destinationResourceArn": f"arn:aws:logs:r:1{LOG_GROUP}{arn}"}}
        for arn in "xy"]}]  # fmt: skip
    assert parse_groups({"a"}, deliveries, destinations) == ["x"]


def test_moto_lists_no_usage_delivery_and_gives_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    hour = floor(now, HOUR) - 2 * HOUR
    events: Any = [
        {"timestamp": to_ms(hour) + n, "message": json.dumps(usage(to_ms(hour) + n, vcpu=0.25))} for n in range(3)
    ]
    mine = Settings(home=tmp_path, sources={KEY: SourceSettings(groups=(GROUP,))})
    with moto(monkeypatch):
        logs = boto3.client("logs", region_name=REGION)
        logs.put_delivery_source(name="app", resourceArn="arn:aws:bedrock:us-east-1:1:x", logType="APPLICATION_LOGS")
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="usage")
        logs.put_log_events(logGroupName=GROUP, logStreamName="usage", logEvents=events)
        runs = by_scope(read(tmp_path, KEY, settings=mine, now=now))
    assert (runs[f"{KEY} {GROUP}"].status, runs[f"{KEY} {GROUP}"].rows_new) == ("ok", 1)
    assert rows(tmp_path, "SELECT hour, vcpu_hours, records FROM raw.usage_hours") == [(hour, Decimal("0.75"), 3)]


START = datetime(2026, 11, 2, 8)
LINES = st.lists(
    st.tuples(
        st.integers(0, 6 * 3600 - 1),  # when it was logged, seconds after START
        st.integers(0, 4000),  # how late that was
        st.sampled_from(["a", "b"]),
        st.floats(0, 0.01, allow_nan=False),
    ),
    max_size=30,
)
CUTS = st.lists(st.integers(1, 5), max_size=4)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One warehouse for all examples, which are removed from it one after the other."""
    with Warehouse.open(tmp_path_factory.mktemp("usage"), kind="account") as opened:
        yield opened


def sums_of(
    warehouse: Warehouse, lines: list[tuple[int, int, str, float]], windows: list[tuple[int, int]]
) -> list[Any]:
    """Land whole-hour windows (hours after START) one after the other; what they come to."""
    aws = FakeAws(groups={GROUP: []})
    for logged, late, session, amount in lines:
        at_ms = to_ms(START) + logged * 1000
        aws.put(GROUP, "usage", at_ms, usage(at_ms - late * 1000, vcpu=amount, gb=amount / 3, session=session))
    for first, last in windows:
        land_window(warehouse, aws, Window(START + first * HOUR, START + last * HOUR))
    found = warehouse._con.execute("FROM raw.usage_hours ORDER BY ALL").fetchall()
    warehouse._con.execute("DELETE FROM raw.usage_hours")
    return found


def land_window(warehouse: Warehouse, aws: FakeAws, window: Window) -> None:
    """What the source does with one window, without the network."""
    with Landing(warehouse, ("usage_records",), Scope(KEY, "1", REGION, GROUP)) as landing:
        read_group(InMemory(aws), GROUP, window, landing)
        with warehouse.transaction():
            landing.finish()


class InMemory(AwsAccount):
    """An account that answers FilterLogEvents from a fake, in this process."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(AwsSettings(region=REGION))
        self._aws = aws

    def call(self, service: str, operation: str, **parameters: Any) -> Body:
        """One call of the fake."""
        status, body = self._aws.answer(operation, parameters)
        assert status == 200
        found: Body = json.loads(body)
        return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES, cuts=CUTS, order=st.randoms(use_true_random=False), again=st.lists(st.integers(0, 9), max_size=3))
def test_any_chunks_order_and_repetition_of_whole_hours_give_the_same_sums(
    warehouse: Warehouse, lines: list[tuple[int, int, str, float]], cuts: list[int], order: Any, again: list[int]
) -> None:
    edges = sorted({0, 6, *cuts})
    windows = list(pairwise(edges))
    windows += [windows[each % len(windows)] for each in again]
    order.shuffle(windows)
    shuffled = list(lines)
    order.shuffle(shuffled)
    at_once = sums_of(warehouse, lines, [(0, 6)])
    assert sums_of(warehouse, shuffled, windows) == at_once
    assert sum(row[-1] for row in at_once) == len(lines)
