"""Calling AWS: retries that are counted, pages to the end, times, roles, and errors that name action and resource."""

from datetime import UTC, datetime
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from collectors.answers import read_time
from collectors.aws import AwsAccount, AwsSettings, CallCount, exhaust
from collectors.errors import (
    AwsRefused,
    BadSetting,
    EndpointUnreachable,
    ExpiredToken,
    NoCredentials,
    NotSetUp,
    PageIncomplete,
    from_boto,
)
from collectors.source import read_module, sources
from sql.journal import FEEDS
from sql.models import folder
from tests.collectors.fake_aws import ACCOUNT_ID, Fault
from tests.collectors.support import fake, ms
from tests.conftest import ROOT


def test_a_throttled_call_is_tried_again_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
        monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
        aws.put("g", "s", ms(1), "{}")
        aws.faults.append(Fault("FilterLogEvents", "ThrottlingException", times=2))
        account = AwsAccount(AwsSettings())
        page = account.call("logs", "FilterLogEvents", logGroupName="g", startTime=0, endTime=ms(0))
    assert len(page["events"]) == 1
    assert (account.calls.api_calls, account.calls.throttles) == (3, 2)
    assert account.calls.bytes > 100


def test_account_and_region_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch):
        account = AwsAccount(AwsSettings())
        assert (account.account_id, account.region) == (ACCOUNT_ID, "us-east-1")
        assert AwsAccount(AwsSettings(region="eu-west-1")).region == "eu-west-1"


def test_times_of_answers_are_what_botocore_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_time(1732100000.5) == datetime.fromtimestamp(1732100000.5, UTC)
    assert read_time("2026-11-20T12:00:00Z") == datetime.fromisoformat("2026-11-20T12:00:00+00:00")


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_epoch_seconds_are_read_as_botocore_reads_them(seconds: int) -> None:
    assert read_time(seconds) == parse_timestamp(seconds)


def test_pages_are_followed_through_empty_ones_and_keep_the_parameters() -> None:
    answers = [{"events": [1], "nextToken": "a"}, {"events": [], "nextToken": "b"}, {"events": [2]}]
    asked: list[dict[str, Any]] = []

    def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return answers[len(asked) - 1]

    pages = list(exhaust(call, "logs", "FilterLogEvents", {"logGroupName": "g"}))
    assert [page["events"] for page in pages] == [[1], [], [2]]
    assert [each.get("nextToken") for each in asked] == [None, "a", "b"]
    assert {each["logGroupName"] for each in asked} == {"g"}


@pytest.mark.parametrize("page", [{}, {"events": None}, {"message": "half a bo"}])
def test_a_page_without_its_key_is_incomplete(page: dict[str, Any]) -> None:
    with pytest.raises(PageIncomplete, match="answered without `events`") as caught:
        list(exhaust(lambda *_, **__: page, "logs", "FilterLogEvents", {}))
    assert caught.value.retry_helps is True


@pytest.mark.parametrize("cuts", [1, 2, 3])
def test_a_page_is_asked_for_three_times_at_most(cuts: int) -> None:
    answers: list[dict[str, Any]] = [{"events": [1], "nextToken": "a"}, *[{}] * cuts, {"events": [2]}]
    asked: list[str | None] = []

    def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        asked.append(parameters.get("nextToken"))
        return answers[len(asked) - 1]

    pages = exhaust(call, "logs", "FilterLogEvents", {})
    assert next(pages)["events"] == [1]
    if cuts < 3:
        assert [page["events"] for page in pages] == [[2]]
    else:
        with pytest.raises(PageIncomplete):
            next(pages)
    assert asked == [None, *["a"] * min(cuts + 1, 3)]


def test_without_a_region_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        BadSetting,
        match=r"No AWS region is set. Set \[aws\] region in ledger.toml, or AWS_REGION or AWS_DEFAULT_REGION.",
    ):
        _ = AwsAccount(AwsSettings()).region


@pytest.mark.parametrize(
    ("setting", "named", "default", "region"),
    [("eu-west-1", "eu-west-2", "eu-west-3", "eu-west-1"), (None, "eu-west-2", "eu-west-3", "eu-west-2"),
     (None, None, "eu-west-3", "eu-west-3")],
)  # fmt: skip
def test_the_setting_wins_over_aws_region_and_that_over_aws_default_region(
    setting: str | None, named: str | None, default: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", default)
    if named is None:
        monkeypatch.delenv("AWS_REGION", raising=False)
    else:
        monkeypatch.setenv("AWS_REGION", named)
    assert AwsAccount(AwsSettings(region=setting)).region == region


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadSetting, match=r"nobody.* Set \[aws\] profile"):
        _ = AwsAccount(AwsSettings(profile="nobody", region="us-east-1")).region


def test_without_credentials_the_remedy_says_where_to_set_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(NoCredentials, match="No usable AWS credentials were found for logs:DescribeLogGroups"):
            AwsAccount(AwsSettings()).call("logs", "DescribeLogGroups")


def test_an_endpoint_that_does_not_answer_is_unreachable_and_a_retry_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch):
        settings = AwsSettings(region="us-east-1", endpoint_url="http://127.0.0.1:9")
        with pytest.raises(EndpointUnreachable, match="logs:DescribeLogGroups") as caught:
            AwsAccount(settings).call("logs", "DescribeLogGroups")
    assert caught.value.retry_helps is True


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (botocore.exceptions.UnauthorizedSSOTokenError(), ExpiredToken),
        (botocore.exceptions.SSOTokenLoadError(error_msg="gone"), ExpiredToken),
        (botocore.exceptions.CredentialRetrievalError(provider="p", error_msg="e"), NoCredentials),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="https://x"), EndpointUnreachable),
        (botocore.exceptions.ParamValidationError(report="bad name"), AwsRefused),
        (botocore.parsers.ResponseParserError("no XML"), PageIncomplete),
        (UnicodeDecodeError("utf-8", b"caf\xc3", 3, 4, "unexpected end of data"), PageIncomplete),
    ],
)
def test_what_botocore_raises_becomes_an_error_with_a_remedy(raised: Exception, kind: type[Exception]) -> None:
    error = from_boto(raised, "logs", "FilterLogEvents", {"logGroupName": "g"})
    assert type(error) is kind
    assert error.remedy.endswith(".")


def test_a_role_that_may_not_be_taken_names_the_action_of_sts() -> None:
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    raised = botocore.exceptions.ClientError(answer, "AssumeRole")
    error = from_boto(raised, "logs", "FilterLogEvents", {"logGroupName": "g"})
    assert error.message.startswith("AWS denied sts:AssumeRole")


def test_the_folder_is_the_registry_and_every_feed_exists() -> None:
    found = sources()
    assert list(found) == sorted(path.stem for path in (ROOT / "collectors" / "sources").glob("[a-z]*.py"))
    from_aws = {feed for each in found.values() for feed in each.feeds}
    assert from_aws | set(FEEDS.values()) == set(folder("parse"))


def test_a_module_without_a_source_is_named_with_what_is_missing() -> None:
    import collectors.sources as nothing

    with pytest.raises(Exception, match=r"collectors/sources/sources.py defines no SOURCE. Give it `SOURCE = Source"):
        read_module(nothing)


def test_calls_are_counted_from_one_reading_to_the_next() -> None:
    calls = CallCount(5, 1, 100)
    before = calls.copy()
    calls.api_calls, calls.bytes = 9, 130
    assert calls.since(before) == CallCount(4, 0, 30)


@pytest.mark.parametrize(("answered", "raised"), [(True, NotSetUp), (False, EndpointUnreachable)])
def test_a_service_without_an_address_is_absent_once_another_has_answered(
    monkeypatch: pytest.MonkeyPatch, answered: bool, raised: type[Exception]
) -> None:
    with fake(monkeypatch):
        account = AwsAccount(AwsSettings())
        if answered:
            assert account.account_id == ACCOUNT_ID
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL", "http://no-such-service.invalid")
        with pytest.raises(raised):
            account.call("bedrock-agentcore-control", "ListAgentRuntimes")
