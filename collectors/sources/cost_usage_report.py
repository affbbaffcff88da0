"""The bill line by line: Data Exports (CUR 2.0) in Parquet, from S3 or from a folder.

AWS writes a month again and again until it is final. A month whose set of files differs from the last one read is read
whole and put in place of what was there, in one transaction: what AWS took back disappears.
"""

from __future__ import annotations

import glob
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from collectors.aws import Account
from collectors.errors import CollectorError, NotFound, NotSetUp, PageIncomplete, SourceFailed
from collectors.s3 import address, download, list_objects, split_uri
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source
from sql.errors import LedgerError
from sql.rows import S3Object
from sql.warehouse import Scope

KEY = "cost_usage_report"
FEED = "bill_lines"
MONTH = re.compile(r"^(?P<base>.*BILLING_PERIOD=(?P<period>\d{4}-\d{2}))/(?P<folder>.*/)?[^/]+\.parquet$")
PARQUET = b"PAR1"
LOCAL = "file"


@dataclass(frozen=True)
class Month:
    """One billing period of an export: the files of its latest delivery."""

    period: str
    base: str
    files: tuple[S3Object, ...]

    @property
    def export(self) -> str:
        """Where the months of the export lie: its identity, whatever address led there."""
        folder, bucket = self.base.rpartition("/")[0], self.files[0].bucket
        return folder if bucket == LOCAL else address(bucket, folder)

    @property
    def as_object(self) -> S3Object:
        """The set of files as one object, whose etag changes when any of them does, comes or goes."""
        digest = sha256("\n".join(sorted(f"{each.key}|{each.etag}|{each.size}" for each in self.files)).encode())
        newest = max((each.modified_at for each in self.files if each.modified_at is not None), default=None)
        size = sum(each.size for each in self.files)
        return S3Object(self.files[0].bucket, self.base, digest.hexdigest(), size, newest)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope an export. A folder needs no account. Raises NotSetUp where no export is named or found."""
    named = list(settings.options.get("exports") or ())
    found = list(discover(account)) if settings.options.get("discover") else []
    if not named and not found:
        raise NotSetUp(
            "No Data Export of the bill is named: what AWS billed stays unknown.",
            "Create one (CUR 2.0, Parquet) and name its s3:// address, or a folder, under [sources.cost_usage_report] "
            "exports; discover = true looks for the exports of this account.",
        )
    return [scope_of(account, export) for export in dict.fromkeys([*named, *found])]


def scope_of(account: Account, export: str) -> Scope:
    """Where an export stands."""
    if export.startswith("s3://"):
        return Scope(KEY, account.account_id, account.region, export)
    return Scope(KEY, "", "", export)


def discover(account: Account) -> Iterator[str]:
    """The S3 addresses of the account's own cost and usage exports."""
    for page in account.pages("bcm-data-exports", "ListExports"):
        for reference in page.get("Exports") or ():
            export = account.call("bcm-data-exports", "GetExport", ExportArn=reference["ExportArn"])["Export"]
            target = export["DestinationConfigurations"]["S3Destination"]
            is_parquet = target.get("S3OutputConfigurations", {}).get("Format") == "PARQUET"
            if is_parquet and "COST_AND_USAGE_REPORT" in export["DataQuery"]["QueryStatement"].upper():
                prefix = f"{target['S3Prefix'].strip('/')}/{export['Name']}/data/".lstrip("/")
                yield address(target["S3Bucket"], prefix)


def collect(reading: Reading) -> None:
    """Read every month of one export that has changed. Raises NotFound, PageIncomplete, SourceFailed."""
    export = reading.scope.name
    files = s3_files(reading.account, export) if export.startswith("s3://") else local_files(export)
    months = {month.as_object: month for month in months_of(files)}
    for wanted in reading.landing.unread(months):
        read_month(reading, months[wanted], wanted)


def s3_files(account: Account, export: str) -> Iterator[S3Object]:
    """Every object of an export in S3."""
    bucket, prefix = split_uri(export, "[sources.cost_usage_report] exports")
    return list_objects(account, bucket, prefix)


def local_files(export: str) -> Iterator[S3Object]:
    """Every Parquet file in a folder, or that a pattern matches. Raises NotFound for a folder that does not exist."""
    folder = Path(export).expanduser()
    if glob.has_magic(export):
        paths: Iterable[Path] = map(Path, glob.glob(str(folder), recursive=True))
    elif folder.is_dir():
        paths = folder.rglob("*.parquet")
    else:
        raise NotFound(
            f"There is no folder {folder}.", "Check the path under [sources.cost_usage_report] exports in ledger.toml."
        )
    for path in sorted(paths):
        if path.is_file():
            state = path.stat()
            changed = datetime.fromtimestamp(state.st_mtime, UTC).replace(tzinfo=None)
            yield S3Object(LOCAL, path.absolute().as_posix(), f"{state.st_mtime_ns}", state.st_size, changed)


def months_of(files: Iterable[S3Object]) -> list[Month]:
    """The months among the files, in order. Where every delivery has a folder of its own, the latest counts."""
    deliveries: dict[tuple[str, str], dict[str, list[S3Object]]] = {}
    for each in files:
        found = MONTH.match(each.key)
        if found:
            months = deliveries.setdefault((found["period"], found["base"]), {})
            months.setdefault(found["folder"] or "", []).append(each)
    return [Month(period, base, tuple(latest(folders))) for (period, base), folders in sorted(deliveries.items())]


def latest(folders: dict[str, list[S3Object]]) -> list[S3Object]:
    """The files of the delivery that was written last; of two of one time, the one whose name sorts last."""
    written = {name: max(each.modified_at or datetime.min for each in files) for name, files in folders.items()}  # noqa: DTZ901 - naive UTC
    return folders[max(folders, key=lambda name: (written[name], name))]


def read_month(reading: Reading, month: Month, whole: S3Object) -> None:
    """Put the lines of a month in place of those read before. Raises PageIncomplete, SourceFailed."""
    with tempfile.TemporaryDirectory(prefix="agent-ledger-") as folder:
        paths = [fetched(reading.account, each, Path(folder) / f"{n}.parquet") for n, each in enumerate(month.files)]
        constants = {"export": month.export, "billing_period": month.period}
        try:
            reading.landing.files(FEED, paths, constants, [whole])
        except (CollectorError, LedgerError):
            raise
        except Exception as error:  # whatever the files hold: the month that was there stays
            raise SourceFailed(
                f"The month {month.period} of {reading.scope.name} could not be read: {str(error).splitlines()[0]}",
                "It has to be a cost and usage export (CUR 2.0) in Parquet with at least line_item_usage_start_date "
                "and line_item_unblended_cost. What was read of that month before stays.",
                code=type(error).__name__,
            ) from error


def fetched(account: Account, wanted: S3Object, path: Path) -> Path:
    """A whole Parquet file on this machine. Raises PageIncomplete for one that is not whole."""
    local = Path(wanted.key) if wanted.bucket == LOCAL else download(account, wanted, path)
    with local.open("rb") as file:
        begins = file.read(4)
        file.seek(max(local.stat().st_size - 4, 0))
        if begins != PARQUET or file.read(4) != PARQUET:
            raise PageIncomplete(
                f"{wanted.key} is no whole Parquet file.",
                "Run again when it is written; what was read of its month before stays.",
                retry_helps=True,
            )
    return local


SOURCE = Source(
    key=KEY,
    title="Data Exports of the bill (CUR 2.0)",
    feeds=(FEED,),
    actions=(
        Grant(("s3:ListBucket",), ("arn:aws:s3:::<EXPORT_BUCKET>",)),
        Grant(("s3:GetObject",), ("arn:aws:s3:::<EXPORT_BUCKET>/*",)),
        Grant(("bcm-data-exports:ListExports", "bcm-data-exports:GetExport")),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=1),
    longest=None,
    grid=timedelta(hours=1),
    reach="ledger",
    about=About(
        reads="Cost and usage exports (CUR 2.0, Parquet) in S3 or in a folder, month by month.",
        feeds="The tables bill and reconciliation: what was really charged, by day, model, kind of token and, where "
        "every agent has a role of its own, by agent. Without it, and without Cost Explorer, billed money is unknown.",
        cost="S3 requests and the download of a month whenever AWS writes it again, up to three times a day.",
        lag="One to two days, then restated until the invoice: a month whose files changed is read again and replaced "
        "whole.",
        switch_on="Billing and Cost Management > Data Exports: create a standard export (CUR 2.0, Parquet, overwrite) "
        "with resource ids and with caller identity, then name its s3:// address under [sources.cost_usage_report] "
        "exports.",
    ),
    options=(
        Option("exports", "texts", "Exports to read: an s3:// address, a folder, or a pattern of Parquet files each"),
        Option("discover", "flag", "Look for the cost and usage exports of the account itself"),
    ),
)
