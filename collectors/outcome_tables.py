"""The rows of a CSV, JSONL or Parquet file, each with its line, and what is wrong with a line or a file."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterator
from gzip import BadGzipFile, GzipFile
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import IO, Any

from collectors.outcome_event import Fault, kind_of
from collectors.outcome_mapping import Row, Table, cell_of

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
DELIMITERS = ",;\t|"
LONGEST_CELL = 16 * 1024 * 1024
PARQUET_BATCH = 2_000


class BadFile(Exception):
    """A file cannot be read as the mapping says. `code` is the reason of its reject."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def format_of(name: str, stated: str | None = None) -> str:
    """The format of a file by its name, .gz apart, unless stated. Raises BadFile."""
    suffix = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    found = stated or SUFFIXES.get(suffix)
    if found is None:
        known = ", ".join(SUFFIXES)
        raise BadFile("unknown_format", f"its name does not say what it is; set `format`, or let it end in {known}")
    return found


def rows_of(path: Path, name: str, table: Table) -> Iterator[tuple[int, Row | Fault]]:
    """Each row of the file at `path`, known as `name`, by its line (in Parquet: its row). Raises BadFile, OSError."""
    read = {"csv": _csv_rows, "jsonl": _json_rows, "parquet": _parquet_rows}[format_of(name, table.format)]
    if path.stat().st_size == 0:
        raise BadFile("empty_file", "it has no bytes at all, not even a header")
    try:
        yield from read(path, table)
    except (BadGzipFile, EOFError, zlib.error):
        raise BadFile("truncated_file", "its gzip is damaged or ends early; write the file again") from None
    except UnicodeDecodeError as error:
        text = f"it is not {table.encoding}: {error.reason} (byte {error.object[error.start]:#04x}); set `encoding`"
        raise BadFile("unknown_encoding", text) from None
    except UnicodeError as error:
        raise BadFile("unknown_encoding", f"it is not {table.encoding}: {error}; set `encoding`") from None


def open_text(path: Path, encoding: str) -> IO[str]:
    """The text of a file, unzipped where it is gzip, with its own line ends."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return TextIOWrapper(GzipFile(path) if zipped else path.open("rb"), encoding=encoding, newline="")


def _csv_rows(path: Path, table: Table) -> Iterator[tuple[int, Row | Fault]]:
    csv.field_size_limit(LONGEST_CELL)
    with open_text(path, table.encoding) as file:
        first = file.readline()
        if not first.strip():
            raise BadFile("empty_file", "it has no header")
        file.seek(0)
        reader = csv.reader(file, delimiter=table.delimiter or max(DELIMITERS, key=first.count))
        try:
            header = [column.strip() for column in next(reader)]
            _check_header(header, table)
            for cells in reader:
                if any(cells):
                    yield reader.line_num, _csv_row(header, cells)
        except csv.Error as error:
            raise BadFile("broken_csv", f"line {reader.line_num} cannot be read: {error}") from None


def _csv_row(header: list[str], cells: list[str]) -> Row | Fault:
    if len(cells) < len(header) or any(cells[len(header) :]):
        return Fault(
            "wrong_width", "the row", f"{len(cells)} cells wide", f"{len(header)} cells, as many as the header"
        )
    return dict(zip(header, cells, strict=False))


def _check_header(header: list[str], table: Table) -> None:
    for column in sorted(set(table.columns.values())):
        if header.count(column) != 1:
            known = ", ".join(header[:30])
            code, what = ("missing_column", "no") if column not in header else ("ambiguous_column", "more than one")
            raise BadFile(code, f"it has {what} column '{column}', which `{table.name}` maps; its columns: {known}")


def _json_rows(path: Path, table: Table) -> Iterator[tuple[int, Row | Fault]]:
    unseen, found = set(table.columns.values()), False
    with open_text(path, table.encoding) as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            row = json_row(text)
            if isinstance(row, dict):
                found, unseen = True, {column for column in unseen if not _has(row, column)}
            yield line, row
    if found and unseen:
        columns = ", ".join(sorted(unseen))
        raise BadFile("missing_column", f"none of its lines has the field {columns}, which `{table.name}` maps")


def _has(row: Row, column: str) -> bool:
    return column in row or cell_of(row, column) is not None


def json_row(text: str) -> dict[str, Any] | Fault:
    """The object of one line."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Fault("not_json", "the line", "no JSON", "one JSON object a line")
    if isinstance(value, dict):
        return value
    return Fault("not_an_object", "the line", kind_of(value), "one JSON object a line")


def _parquet_rows(path: Path, table: Table) -> Iterator[tuple[int, Row | Fault]]:
    import pyarrow  # here, because only these files need it and it is slow to load
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check_header(list(file.schema_arrow.names), table)
            wanted = sorted(set(table.columns.values()))
            line = 0
            for batch in file.iter_batches(batch_size=PARQUET_BATCH, columns=wanted):
                for row in batch.to_pylist():
                    line += 1
                    yield line, row
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadFile("broken_parquet", f"it is no whole Parquet file: {reason}") from None
