"""What can go wrong with the files, and what to do about it.

LedgerError
├── LedgerLocked       another collector is writing (retry helps)
├── HomeNotWritable    LEDGER_HOME cannot be written
├── WrongHome          demo data and account data would mix
├── NewerWarehouse     the file was written by a newer Agent Ledger, or a newer DuckDB
├── NotAWarehouse      the file is no DuckDB file, or a damaged one
├── DiskFull           the disk of LEDGER_HOME has no room left (retry helps)
├── NothingCollected   the home has no warehouse
├── BadBackup          the archive is no backup, or a damaged one
├── WouldReplace       the home holds data that a restore would replace
├── MigrationFailed    a step to the present layout did not work, and was taken back
├── NotPublished       nothing has been published yet
├── OlderPublished     the published file is from an older Agent Ledger
├── BadQuery           a query that may not run on the published file
└── BadModel           a SQL file of ours breaks its contract (names the file)
"""

from __future__ import annotations


class LedgerError(Exception):
    """An error with a remedy; `retry_helps` says whether doing the same again may work."""

    def __init__(self, message: str, remedy: str, *, retry_helps: bool = False) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy
        self.retry_helps = retry_helps


class LedgerLocked(LedgerError):
    """The warehouse is open in another process."""


class HomeNotWritable(LedgerError):
    """LEDGER_HOME cannot be created or written."""


class WrongHome(LedgerError):
    """The home holds the other kind of data (demo or account)."""


class NewerWarehouse(LedgerError):
    """The warehouse has migrations that this version does not know, or a storage format newer than this DuckDB."""


class NotAWarehouse(LedgerError):
    """The file is no DuckDB file, or a damaged one."""


class DiskFull(LedgerError):
    """There is no room left on the disk of the home."""


class NothingCollected(LedgerError):
    """There is no warehouse in the home."""


class BadBackup(LedgerError):
    """The archive is no backup of Agent Ledger, or a damaged one."""


class WouldReplace(LedgerError):
    """The home holds data that a restore would put out of place."""


class MigrationFailed(LedgerError):
    """A migration did not work. It was taken back whole: the warehouse is as it was."""


class NotPublished(LedgerError):
    """There is no published file in the home."""


class OlderPublished(LedgerError):
    """The published file has another layout than this version reads."""


class BadQuery(LedgerError):
    """The query is not one read-only SELECT, or DuckDB refused it."""


class BadModel(LedgerError):
    """A SQL file of the product is malformed."""
