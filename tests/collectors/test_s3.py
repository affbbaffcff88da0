"""Objects of S3: listed through pages, read as they were listed, resumed where a body broke off."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from collectors import s3
from collectors.aws import AwsAccount, AwsSettings, CallCount, Page
from collectors.errors import (
    AccessDenied,
    AwsRefused,
    BadSetting,
    EndpointUnreachable,
    NotFound,
    PageIncomplete,
    SourceFailed,
)
from sql.rows import S3Object
from tests.collectors.fake_s3 import BUCKET, FakeS3, S3Fault, etag, serving_s3
from tests.collectors.support import REGION

BODY = bytes(range(256)) * 4_000


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    """A bucket with five objects under a/."""
    with serving_s3(monkeypatch) as fake:
        for number in range(5):
            fake.put(f"a/{number}", f"line {number}".encode())
        yield fake


def account() -> AwsAccount:
    return AwsAccount(AwsSettings())


def listed(fake: FakeS3, key: str) -> S3Object:
    body, at = fake.objects[key]
    return S3Object(BUCKET, key, etag(body), len(body), at)


def test_an_address_is_taken_apart_and_a_wrong_one_names_its_setting() -> None:
    assert s3.split_uri("s3://logs-1/a/b c.gz") == ("logs-1", "a/b c.gz")
    assert s3.split_uri("s3://logs-1") == s3.split_uri("s3://logs-1/") == ("logs-1", "")
    for wrong in ("logs-1", "s3://", "s3://UPPER/x", "https://logs-1/x", "s3:///x"):
        with pytest.raises(BadSetting, match="buckets") as caught:
            s3.split_uri(wrong, "buckets")
        assert "s3://bucket/" in caught.value.remedy


def test_every_object_under_a_prefix_is_listed_through_short_and_empty_pages(bucket: FakeS3) -> None:
    bucket.put("b/1", b"other")
    found = list(s3.list_objects(account(), BUCKET, "a/"))
    assert found == [listed(bucket, f"a/{number}") for number in range(5)]
    assert len(bucket.asked("list")) == 5
    assert list(s3.list_objects(account(), BUCKET, "nothing/")) == []


def test_moto_lists_and_reads_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    settings = {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    for name, value in {**settings, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket=BUCKET)
    for number in range(3):
        client.put_object(Bucket=BUCKET, Key=f"a/{number}", Body=gzip.compress(f"{number}\nx\n".encode()))
    found = list(s3.list_objects(account(), BUCKET, "a/"))
    assert [each.key for each in found] == ["a/0", "a/1", "a/2"]
    head = client.head_object(Bucket=BUCKET, Key="a/1")
    assert (found[1].etag, found[1].size) == (head["ETag"].strip('"'), head["ContentLength"])
    assert found[1].modified_at == head["LastModified"].astimezone(UTC).replace(tzinfo=None)
    assert list(s3.read_lines(account(), found[1])) == ["1", "x"]
    assert gzip.decompress(s3.download(account(), found[2], tmp_path / "x").read_bytes()) == b"2\nx\n"
    with pytest.raises(PageIncomplete, match="changed after it was listed"):
        list(s3.read_lines(account(), replace(found[1], etag="0" * 32)))
    with pytest.raises(NotFound, match="bucket no-such-bucket does not exist"):
        list(s3.list_objects(account(), "no-such-bucket"))
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
    server.stop()


@pytest.mark.parametrize("resets", [False, True], ids=["closed", "reset"])
def test_a_body_that_breaks_off_is_resumed_where_it_stopped(bucket: FakeS3, tmp_path: Path, resets: bool) -> None:
    bucket.put("big", BODY)
    bucket.faults = [S3Fault("big", at=300_000, resets=resets, times=2)]
    reader = account()
    assert s3.download(reader, listed(bucket, "big"), tmp_path / "big").read_bytes() == BODY
    assert len(bucket.asked("get")) == 3
    assert reader.calls.bytes == len(BODY)


@pytest.mark.parametrize("resets", [False, True], ids=["closed", "reset"])
def test_a_body_that_never_comes_whole_is_an_error_after_three_tries(bucket: FakeS3, resets: bool) -> None:
    bucket.put("big", BODY)
    bucket.faults = [S3Fault("big", at=1000, resets=resets)]
    with pytest.raises((PageIncomplete, EndpointUnreachable)) as caught:
        list(s3.read_chunks(account(), listed(bucket, "big")))
    assert len(bucket.asked("get")) == 3
    assert caught.value.retry_helps
    assert f"s3://{BUCKET}/big" in caught.value.message


class Stalling(BytesIO):
    """A body that stops coming."""

    def read(self, _: int | None = -1) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3.amazonaws.com")


class Answering:
    """An account that answers GetObject as it is told to."""

    account_id, region = "1", REGION

    def __init__(self, body: bytes, etag: str = "e", kind: type[BytesIO] = BytesIO) -> None:
        self.calls = CallCount()
        self._body, self._etag, self._kind = body, etag, kind

    def call(self, *_: Any, **__: Any) -> Page:
        self.calls.api_calls += 1
        return {"Body": self._kind(self._body), "ETag": f'"{self._etag}"'}

    def pages(self, *_: Any, **__: Any) -> Iterator[Page]:
        yield {}


def test_a_body_that_stalls_is_an_unreachable_endpoint() -> None:
    with pytest.raises(EndpointUnreachable, match=r"broke off while s3://b/k was read") as caught:
        list(s3.read_chunks(Answering(b"", kind=Stalling), S3Object("b", "k", "e", 10)))
    assert caught.value.retry_helps


@pytest.mark.parametrize(("size", "told"), [(2, "has 2 bytes, but 3 came"), (8, "has 8 bytes, but 9 came")])
def test_an_object_of_another_length_than_listed_is_an_error(size: int, told: str) -> None:
    with pytest.raises(PageIncomplete, match=told):
        list(s3.read_chunks(Answering(b"abc"), S3Object("b", "k", "e", size)))


def test_an_endpoint_that_ignores_the_asked_etag_is_noticed() -> None:
    with pytest.raises(PageIncomplete, match="changed after it was listed"):
        list(s3.read_chunks(Answering(b"abc", "other"), S3Object("b", "k", "e", 3)))


def test_an_object_that_changed_since_it_was_listed_is_not_read(bucket: FakeS3) -> None:
    before = listed(bucket, "a/1")
    bucket.put("a/1", b"other")
    with pytest.raises(PageIncomplete, match=r"s3://model-logs/a/1 changed") as caught:
        list(s3.read_lines(account(), before))
    assert caught.value.retry_helps


def test_an_empty_object_costs_no_call() -> None:
    reader = Answering(b"")
    assert list(s3.read_lines(reader, S3Object("b", "k", "e", 0))) == []
    assert reader.calls.api_calls == 0


def test_a_listing_that_is_no_listing_is_an_error_not_an_empty_bucket() -> None:
    with pytest.raises(PageIncomplete, match="KeyCount"):
        list(s3.list_objects(Answering(b""), "b"))


def test_a_listing_that_is_cut_is_an_error_and_no_shorter_listing(bucket: FakeS3) -> None:
    bucket.faults = [S3Fault("a/", listing=True, at=300)]
    with pytest.raises(SourceFailed) as caught:
        list(s3.list_objects(account(), BUCKET, "a/"))
    assert caught.value.retry_helps


KMS = "User: reader is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"


@pytest.mark.parametrize(
    ("fault", "kind", "message", "remedy"),
    [
        (S3Fault(code="AccessDenied"), AccessDenied, r"denied s3:GetObject on s3://model-logs/a/1", "s3:GetObject"),
        (
            S3Fault(code="AccessDenied", text=KMS),
            AccessDenied,
            r"denied kms:Decrypt for s3://model-logs/a/1",
            "KMS key",
        ),
        (S3Fault(code="KMS.DisabledException", status=400), AwsRefused, "cannot be decrypted", "Enable the KMS key"),
        (S3Fault(code="InvalidObjectState"), AwsRefused, "is archived", "restore-object"),
        (S3Fault(code="NoSuchKey", status=404), NotFound, r"s3://model-logs/a/1 does not exist", "removed"),
        (S3Fault(code="InternalError", status=500), AwsRefused, "InternalError", "Run again"),
    ],
    ids=["denied", "kms", "key disabled", "archived", "gone", "server"],
)
def test_a_refusal_of_an_object_says_what_to_do(
    bucket: FakeS3, fault: S3Fault, kind: type[SourceFailed], message: str, remedy: str
) -> None:
    bucket.faults = [fault]
    with pytest.raises(kind, match=message) as caught:
        list(s3.read_lines(account(), listed(bucket, "a/1")))
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("fault", "kind", "message", "remedy"),
    [
        (
            S3Fault(code="AccessDenied"),
            AccessDenied,
            "denied s3:ListBucket",
            "s3:ListBucket on arn:aws:s3:::model-logs",
        ),
        (S3Fault(code="PermanentRedirect", status=301), AwsRefused, "in another region", "region of the bucket"),
        (S3Fault(code="AuthorizationHeaderMalformed", status=400), AwsRefused, "in another region", "region"),
        (S3Fault(code="NoSuchBucket", status=404), NotFound, "bucket model-logs does not exist", "ledger.toml"),
    ],
    ids=["denied", "redirect", "signature of another region", "no bucket"],
)
def test_a_refusal_of_a_bucket_says_what_to_do(
    bucket: FakeS3, fault: S3Fault, kind: type[SourceFailed], message: str, remedy: str
) -> None:
    bucket.faults = [replace(fault, listing=True)]
    with pytest.raises(kind, match=message) as caught:
        list(s3.list_objects(account(), BUCKET, "a/"))
    assert remedy in caught.value.remedy


def test_one_object_is_found_by_its_key_and_not_by_a_longer_one(bucket: FakeS3) -> None:
    assert s3.find_object(account(), BUCKET, "a/1") == listed(bucket, "a/1")
    with pytest.raises(NotFound, match=r"s3://model-logs/a/ does not exist"):
        s3.find_object(account(), BUCKET, "a/")


TEXTS = st.lists(st.text(st.characters(blacklist_characters="\n\r", codec="utf-8"), min_size=1), max_size=20)


@given(texts=TEXTS, members=st.integers(1, 4), chunk=st.integers(1, 50), plain=st.booleans())
def test_lines_do_not_depend_on_chunks_members_or_padding(
    texts: list[str], members: int, chunk: int, plain: bool
) -> None:
    data = "\n".join(texts).encode()
    step = len(data) // members + 1
    packed = data if plain else b"".join(gzip.compress(data[at : at + step]) for at in range(0, len(data), step))
    if plain and packed.startswith(s3.GZIP_MAGIC):
        return
    whole = packed if plain else packed + b"\0" * 8
    chunks = [whole[at : at + chunk] for at in range(0, len(whole), chunk)]
    assert list(s3.lines(s3.unzipped(chunks if packed else [], "x"))) == texts


@pytest.mark.parametrize("lost", [1, 4, 200], ids=["one byte", "its length", "the middle"])
def test_a_gzip_that_ends_early_gives_its_lines_and_then_an_error(lost: int) -> None:
    whole = gzip.compress("".join(f"{number * 7919 % 10007} line\n" for number in range(2000)).encode())
    read: list[str] = []
    with pytest.raises(s3.TruncatedObject, match=r"s3://b/k ends in the middle of its gzip") as caught:
        read.extend(s3.lines(s3.unzipped([whole[:-lost]], "s3://b/k")))
    assert caught.value.retry_helps
    assert isinstance(caught.value, PageIncomplete)
    assert 1000 < len(read) <= 2000
    assert read[1] == "7919 line"


def test_a_damaged_gzip_is_an_error() -> None:
    whole = bytearray(gzip.compress(b"line\n" * 1000))
    whole[-6] ^= 0xFF
    with pytest.raises(s3.TruncatedObject, match="damaged gzip"):
        list(s3.unzipped([bytes(whole)], "x"))


def test_windows_line_ends_go_and_a_boundless_line_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "LONGEST_LINE_BYTES", 10)
    chunks = [b"one\r\n", b"\r\n\n", b"x" * 8, b"x" * 8, b"x" * 8, b"\ntwo", b"\n", b"y" * 30]
    assert list(s3.lines(chunks)) == ["one", "x" * 10, "two", "y" * 10]


def test_memory_stays_flat_however_much_a_small_object_holds() -> None:
    many = gzip.compress((b"x" * 999 + b"\n") * 60) * 1_000
    one = gzip.compress((b"y" * 999 + b"\n") * 60_000)
    tracemalloc.start()
    count = sum(1 for packed in (many, one) for _ in s3.lines(s3.unzipped([packed], "x")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 120_000
    assert peak < 8_000_000
