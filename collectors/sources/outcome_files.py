"""Outcomes and labels from people's systems: files of tickets, CRM results or reviews, through a column mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from glob import glob
from hashlib import file_digest
from pathlib import Path
from typing import Any

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.outcome_event import Fault
from collectors.outcome_mapping import KEYS, Table, event_of, read_tables
from collectors.outcome_tables import SUFFIXES, BadFile, rows_of
from collectors.s3 import download, list_objects, split_uri
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from sql.rows import S3Object
from sql.scrub import scrub
from sql.spool import Spool
from sql.warehouse import Scope

KEY, OPTION = "outcome_files", "files"
LOCAL = "file"
HOW = (
    "Add a table [[sources.outcome_files.files]] to ledger.toml for each kind of file: its name, its path, and which "
    "column means what (docs/outcomes.md)."
)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One for each mapping of ledger.toml; no call to AWS. Raises NotSetUp, BadSetting."""
    tables = read_tables(settings.options.get(OPTION, ()))
    if not tables:
        raise NotSetUp("No files with outcomes are named: what people's systems know of the tasks stays unknown.", HOW)
    return [Scope(KEY, "", "", name) for name in tables]


def collect(reading: Reading) -> None:
    """Read every file of one mapping whose content, or whose mapping, is new. A bad file is a reject."""
    table = read_tables(reading.settings.options[OPTION])[reading.scope.name]
    found = list(s3_files(reading.account, table) if table.path.startswith("s3://") else local_files(table.path))
    if not found:
        raise NotSetUp(
            f"No file matches {table.path}, which the mapping `{table.name}` names.",
            "Check the path (a relative one begins where the collector is started), or wait for the first file.",
        )
    # One file may serve several mappings, and another mapping makes it a new one.
    marks = {replace(each, key=f"{table.name} {each.key}", etag=f"{each.etag}-{table.digest}"): each for each in found}
    for mark in reading.landing.unread(marks):
        read_file(reading, table, marks[mark], mark)


def local_files(path: str) -> Iterator[S3Object]:
    """The files that a path, a pattern or a folder names, with a digest of their content as etag.

    One that cannot be opened has no etag.
    """
    start = Path(path).expanduser()
    names = glob(str(start), recursive=True)
    inside = [name for each in names if Path(each).is_dir() for name in glob(f"{each}/**", recursive=True)]
    for name in sorted({*names, *(name for name in inside if _has_known_suffix(name))}):
        file = Path(name).resolve()
        if not file.is_dir():
            yield _local(file)


def _local(file: Path) -> S3Object:
    try:
        state = file.stat()
        with file.open("rb") as opened:
            digest = file_digest(opened, "sha256").hexdigest()
    except OSError:
        return S3Object(LOCAL, str(file), "", 0)
    at = datetime.fromtimestamp(state.st_mtime, UTC).replace(tzinfo=None)
    return S3Object(LOCAL, str(file), f"{state.st_size}-{state.st_mtime_ns}-{digest[:32]}", state.st_size, at)


def s3_files(account: Account, table: Table) -> Iterator[S3Object]:
    """The objects that an address names: one key, every file below a prefix that ends in /, or a pattern.

    In a pattern * also stands for /.
    """
    bucket, wanted = split_uri(table.path, f"path of the mapping `{table.name}`")
    prefix = wanted[: min((wanted.find(mark) for mark in "*?[" if mark in wanted), default=len(wanted))]
    for each in list_objects(account, bucket, prefix):
        below = wanted in ("", prefix) and (not wanted or wanted.endswith("/"))
        if _has_known_suffix(each.key) if below else fnmatchcase(each.key, wanted):
            yield each


def _has_known_suffix(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(tuple(SUFFIXES))


def read_file(reading: Reading, table: Table, file: S3Object, mark: S3Object) -> None:
    """Hand over one file: its events, the rows that are none, and `mark`, under which it is remembered as read."""
    landing, name = reading.landing, Path(file.key).name
    try:
        with _at_hand(reading.account, file) as path:
            for line, row in rows_of(path, file.key, table):
                hand_over(reading, table, file, line, row)
    except BadFile as error:
        landing.reject(error.code, scrub(f"{name}: {error}"), file.modified_at)
    except OSError as error:
        landing.reject("unreadable_file", scrub(f"{name}: {error.strerror or type(error).__name__}"), file.modified_at)
        return  # not finished: it is tried again next time
    landing.finished(mark)


def hand_over(reading: Reading, table: Table, file: S3Object, line: int, row: Any) -> None:
    """One row: an event, a reject with file and line, or passed over."""
    event, wrong = (None, [row]) if isinstance(row, Fault) else event_of(row, table, file.modified_at)
    if wrong:
        place = f"{Path(file.key).name} line {line}: "
        reading.landing.reject(wrong[0].code, scrub(place + "; ".join(map(str, wrong))), file.modified_at)
    elif event is None:
        reading.landing.skip("passed_over")
    else:
        at = datetime.fromisoformat(event["timestamp"])
        reading.landing.record(
            json.dumps(event),
            at_ms=int(at.timestamp() * 1000),
            ingested_ms=None,
            event_id=event["event_id"],
            group=file.key,
        )


@contextmanager
def _at_hand(account: Account, file: S3Object) -> Iterator[Path]:
    """The file on this machine; an object of S3 for as long as it is read, where spools lie."""
    if file.bucket == LOCAL:
        yield Path(file.key)
        return
    with Spool() as spool:
        yield download(account, file, spool.path.with_name("object"))


SOURCE = Source(
    key=KEY,
    title="Outcome files",
    feeds=("outcome_records",),
    actions=(
        Grant(("s3:ListBucket",), ("arn:aws:s3:::<OUTCOMES_BUCKET>",)),
        Grant(("s3:GetObject",), ("arn:aws:s3:::<OUTCOMES_BUCKET>/*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=1),
    longest=None,
    about=About(
        reads="CSV, JSONL and Parquet files of tickets, CRM results or reviews, in a folder or an S3 bucket, through a "
        "column mapping in ledger.toml.",
        feeds="Verdicts, escalations, labels and values of tasks, beside outcome events: success, accuracy and "
        "escalation KPIs are unknown without either.",
        cost="Files on this machine cost nothing; S3 charges a LIST request per 1,000 objects and a GET per new file.",
        lag="A file is read when it is new or its content has changed. A row with a known id replaces the former one.",
        switch_on=HOW,
    ),
    reach="ledger",
    options=(Option(OPTION, "tables", "One table per kind of file: its name, its path and its column mapping", KEYS),),
)
