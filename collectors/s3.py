"""Reading objects of S3, for every source whose records lie in a bucket.

An object is read as it was listed (its etag is asked for), a body that breaks off is resumed where it stopped, and
memory stays flat: nothing here holds more than a few chunks. All functions raise collectors.errors.CollectorError.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, IncompleteReadError
from urllib3.exceptions import HTTPError

from collectors.aws import Account, Page
from collectors.errors import (
    AccessDenied,
    AwsRefused,
    BadSetting,
    EndpointUnreachable,
    NotFound,
    PageIncomplete,
    SourceFailed,
    page_incomplete,
)
from sql.rows import S3Object

CHUNK_BYTES = 256 * 1024
INFLATED_BYTES = 1024 * 1024
LONGEST_LINE_BYTES = 16 * 1024 * 1024
BODY_ATTEMPTS = 3
GZIP_MAGIC = b"\x1f\x8b"
URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<key>.*))?", re.DOTALL)
ELSEWHERE = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
    | {"301", "307"}
)
CHANGED = frozenset({"PreconditionFailed", "InvalidRange", "412", "416"})


class TruncatedObject(PageIncomplete):
    """The object came whole, but the gzip inside it ends early or is damaged."""


def split_uri(uri: str, setting: str = "the address") -> tuple[str, str]:
    """Bucket and key (or prefix, '' for none) of `s3://bucket/key`. Raises BadSetting, which names `setting`."""
    found = URI.fullmatch(uri)
    if found is None:
        raise BadSetting(
            f"{setting} has the value {uri!r}, which is no S3 address.", "Write it as s3://bucket/ or s3://bucket/key."
        )
    return found["bucket"], found["key"] or ""


def address(bucket: str, key: str) -> str:
    """The address that `split_uri` takes apart."""
    return f"s3://{bucket}/{key}"


def list_objects(account: Account, bucket: str, prefix: str = "") -> Iterator[S3Object]:
    """Every object whose key starts with `prefix`, in the order of the keys; none is no error."""
    try:
        for page in account.pages("s3", "ListObjectsV2", Bucket=bucket, Prefix=prefix):
            if "KeyCount" not in page and "Contents" not in page:
                raise page_incomplete("s3", "ListObjectsV2", "KeyCount")
            yield from (_listed(bucket, each) for each in page.get("Contents") or ())
    except SourceFailed as error:
        told = explained(error, "s3:ListBucket", bucket, prefix)
        raise told from (None if told is error else error)


def find_object(account: Account, bucket: str, key: str) -> S3Object:
    """One object by its key. Raises NotFound."""
    found = next((each for each in list_objects(account, bucket, key) if each.key == key), None)
    if found is None:
        raise NotFound(f"{address(bucket, key)} does not exist.", "Check the address in ledger.toml.", code="NoSuchKey")
    return found


def read_chunks(account: Account, wanted: S3Object) -> Iterator[bytes]:
    """The bytes of an object as they are stored. A body that breaks off is resumed up to three times.

    Raises PageIncomplete when the object is not any more what was listed, or its body never came whole.
    """
    at, attempts = 0, 0
    while at < wanted.size:
        attempts += 1
        answer = _open(account, wanted, at)
        try:
            for chunk in _received(answer["Body"], wanted):
                at += len(chunk)
                account.calls.bytes += len(chunk)
                yield chunk
            if at != wanted.size:
                raise _broken_off(wanted, at)
        except (EndpointUnreachable, PageIncomplete):
            if attempts == BODY_ATTEMPTS or at > wanted.size:
                raise


def download(account: Account, wanted: S3Object, path: Path) -> Path:
    """Write the bytes of an object, unchanged, to `path`, and return it. What a failure leaves there is incomplete."""
    with path.open("wb") as file:
        for chunk in read_chunks(account, wanted):
            file.write(chunk)
    return path


def read_lines(account: Account, wanted: S3Object) -> Iterator[str]:
    """The lines of an object of text, unzipped where it is gzip, without their ends; empty lines are left out.

    Raises TruncatedObject for a gzip that ends early, after the lines that could be read.
    """
    return lines(unzipped(read_chunks(account, wanted), address(wanted.bucket, wanted.key)))


def unzipped(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The content of gzip chunks, whatever members they have; other chunks unchanged. Raises TruncatedObject."""
    rest = iter(chunks)
    first = b""
    while len(first) < len(GZIP_MAGIC) and (more := next(rest, None)) is not None:
        first += more
    whole = chain((first,), rest)
    yield from _inflated(whole, name) if first.startswith(GZIP_MAGIC) else whole


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of UTF-8 chunks. Of a longer line than LONGEST_LINE_BYTES only that much is given: no valid JSON."""
    rest = b""
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            if text := line.removesuffix(b"\r"):
                yield str(text[:LONGEST_LINE_BYTES], "utf-8", "replace")
        rest = rest[:LONGEST_LINE_BYTES]
    if rest:
        yield str(rest, "utf-8", "replace")


def explained(error: SourceFailed, action: str, bucket: str, key: str) -> SourceFailed:
    """The same error in the words of S3: which object, and what to do about it."""
    where = address(bucket, key)
    cause = getattr(error.__cause__, "response", {}).get("Error", {})
    code, text = str(cause.get("Code") or error.code), str(cause.get("Message") or "")
    if isinstance(error, AccessDenied) or code in ("403", "AllAccessDisabled"):
        return _denied(action, bucket, where, code, text)
    if code in ("NoSuchBucket", "NoSuchKey", "404"):
        return _absent(bucket, where, code)
    if code in ELSEWHERE:
        return AwsRefused(
            f"The bucket {bucket} is in another region than the one that is read ({code}).",
            "Set the region of the bucket in ledger.toml ([aws] region), or name a bucket of this region.",
            code=code,
        )
    if code in CHANGED:
        return _changed(where, code)
    if code == "InvalidObjectState":
        return AwsRefused(
            f"{where} is archived and cannot be read.",
            "Restore it (aws s3api restore-object) and run again, or read a shorter past with --since.",
            code=code,
        )
    if code.startswith("KMS."):
        return AwsRefused(
            f"{where} cannot be decrypted: {code} {text[:200]}".rstrip(),
            "Enable the KMS key that the bucket is encrypted with, then run again.",
            retry_helps=True,
            code=code,
        )
    return error


def _listed(bucket: str, entry: Page) -> S3Object:
    modified: datetime | None = entry.get("LastModified")
    at = None if modified is None else modified.astimezone(UTC).replace(tzinfo=None)
    return S3Object(bucket, entry["Key"], _etag(entry), int(entry["Size"]), at)


def _etag(entry: Page) -> str:
    return str(entry.get("ETag") or "").strip('"')


def _open(account: Account, wanted: S3Object, at: int) -> Page:
    """Ask for the object from byte `at` on, if it still is what was listed."""
    choice: dict[str, Any] = {"IfMatch": f'"{wanted.etag}"'} if wanted.etag else {}
    if at:
        choice["Range"] = f"bytes={at}-"
    try:
        answer = account.call("s3", "GetObject", Bucket=wanted.bucket, Key=wanted.key, **choice)
    except SourceFailed as error:
        told = explained(error, "s3:GetObject", wanted.bucket, wanted.key)
        raise told from (None if told is error else error)
    if wanted.etag and _etag(answer) not in ("", wanted.etag):
        raise _changed(address(wanted.bucket, wanted.key), "ETagDiffers")
    return answer


def _received(body: Any, wanted: S3Object) -> Iterator[bytes]:
    """What arrives of one body. Raises EndpointUnreachable, PageIncomplete."""
    where = address(wanted.bucket, wanted.key)
    with closing(body):
        while True:
            try:
                chunk: bytes = body.read(CHUNK_BYTES)
            except IncompleteReadError as error:
                raise PageIncomplete(
                    f"The body of {where} was cut off: {error}.",
                    "Run again. If it repeats, look for a proxy that cuts answers.",
                    retry_helps=True,
                ) from error
            except (BotoCoreError, HTTPError, OSError) as error:
                raise EndpointUnreachable(
                    f"The connection broke off while {where} was read: {error}".rstrip(".") + ".",
                    "Check the network and the proxy, then run again; what was read completely is kept.",
                    retry_helps=True,
                    code=type(error).__name__,
                ) from error
            if not chunk:
                return
            yield chunk


def _inflated(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if inflater.eof and not (data := data.lstrip(b"\0")):
                    break
                if inflater.eof:
                    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield inflater.decompress(data, INFLATED_BYTES)
                data = inflater.unused_data or inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise _truncated(name, f"is damaged gzip ({error})") from error
    if not inflater.eof:
        raise _truncated(name, "ends in the middle of its gzip")


def _truncated(name: str, what: str) -> TruncatedObject:
    return TruncatedObject(
        f"{name} {what}: the records after that point are missing.",
        "Run again: it is read once more. If it repeats, have it written again, or remove it.",
        retry_helps=True,
    )


def _broken_off(wanted: S3Object, at: int) -> PageIncomplete:
    return PageIncomplete(
        f"{address(wanted.bucket, wanted.key)} has {wanted.size} bytes, but {at} came.",
        "Run again. If it repeats, look for a proxy that cuts answers.",
        retry_helps=True,
    )


def _changed(where: str, code: str) -> PageIncomplete:
    return PageIncomplete(
        f"{where} changed after it was listed ({code}).", "Run again: it is listed anew.", retry_helps=True, code=code
    )


def _absent(bucket: str, where: str, code: str) -> NotFound:
    if code == "NoSuchBucket":
        return NotFound(
            f"The bucket {bucket} does not exist.", "Check the name of the bucket in ledger.toml or in AWS.", code=code
        )
    return NotFound(f"{where} does not exist.", "Check the address; a rule may have removed it.", code=code)


def _denied(action: str, bucket: str, where: str, code: str, text: str) -> AccessDenied:
    if "kms:" in text.lower():
        return AccessDenied(
            f"AWS denied kms:Decrypt for {where}.",
            "Allow kms:Decrypt on the bucket's KMS key for the collector's role, in the role and in the key's policy.",
            code=code,
        )
    resource = f"arn:aws:s3:::{bucket}" + ("" if action == "s3:ListBucket" else "/*")
    return AccessDenied(
        f"AWS denied {action} on {where}.",
        f"Allow {action} on {resource} for the collector's role, and look at the bucket's own policy; "
        "`python -m collectors iam` prints the whole policy.",
        code=code,
    )
