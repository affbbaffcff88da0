"""Put a backup in place: verified before anything is touched, under one lock from the first look to the last.

The old warehouse is set aside until the new one has been opened, built, checked and published; if that fails it comes
back. Entries that people made since the backup stay: the journal of the backup is added to the present one.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from sql.backup import WAREHOUSE, Manifest, facts, opened, unpack
from sql.errors import LedgerError, NewerWarehouse, WouldReplace, WrongHome
from sql.files import (
    BEFORE,
    STAGING,
    connect_writer,
    connected,
    drop_file,
    force_to_disk,
    full_disk_told,
    kind_text,
    need_room,
    prepare_home,
    refusal,
    refuse_newer,
    tidy_home,
    warehouse_path,
)
from sql.lock import HomeLock
from sql.publish import LAYOUT
from sql.published import read_status
from sql.warehouse import Warehouse


@dataclass(frozen=True)
class Restored:
    """What came of it. `published` is None where a data check stopped publishing."""

    manifest: Manifest
    published: Path | None


def restore(home: Path, archive: Path, now: datetime, *, force: bool = False) -> Restored:
    """Put the archive in place of what the home holds. `force` is needed where it holds anything.

    Raises BadBackup, NewerWarehouse, WrongHome (force or not), WouldReplace, LedgerLocked, DiskFull.
    """
    with opened(archive) as (packed, manifest):
        _refuse_newer(archive, manifest)
        prepare_home(home)
        with HomeLock(home):
            _may_replace(home, archive, manifest, force=force)
            staging = home / STAGING
            shutil.rmtree(staging, ignore_errors=True)
            try:
                with full_disk_told(home):
                    need_room(home, sum(member.size for member in manifest.files), "The backup")
                    staging.mkdir(mode=0o700)
                    unpack(archive, packed, manifest, staging)
                _prove(archive, staging / WAREHOUSE, manifest)
                published = _swap(home, staging, manifest, now)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    return Restored(manifest, published)


def _refuse_newer(archive: Path, manifest: Manifest) -> None:
    refuse_newer(archive, manifest.migrations)
    if manifest.layout > LAYOUT:
        raise NewerWarehouse(
            f"{archive} is of a newer Agent Ledger: it publishes layout {manifest.layout}, this version {LAYOUT}.",
            "Update Agent Ledger, then restore again. Nothing was changed.",
        )


def _may_replace(home: Path, archive: Path, manifest: Manifest, *, force: bool) -> None:
    """Kinds never mix, and nothing is replaced unasked."""
    held = _kind_of(home)
    if held is not None and held != manifest.kind:
        raise WrongHome(
            f"{home} holds {kind_text(held)}; {archive} is a backup of {kind_text(manifest.kind)}.",
            "Set LEDGER_HOME to another folder and restore there; --force does not mix them. Nothing was changed.",
        )
    if warehouse_path(home).exists() and not force:
        raise WouldReplace(
            f"{home} holds a warehouse, which the backup of {manifest.made_at} would replace.",
            "Add --force to replace it, or set LEDGER_HOME to another folder. Nothing was changed.",
        )


def _kind_of(home: Path) -> str | None:
    """The kind of what a home holds; of a file that cannot be opened what status.json says. Raises LedgerLocked."""
    if warehouse_path(home).exists():
        try:
            con = connect_writer(home)
        except LedgerError as error:
            if error.retry_helps:
                raise
        else:
            try:
                con.execute("CHECKPOINT")
                return facts(con, warehouse_path(home))[0]
            except (LedgerError, duckdb.Error):
                pass
            finally:
                con.close()
    said = (read_status(home) or {}).get("kind")
    return said if isinstance(said, str) else None


def _prove(archive: Path, path: Path, manifest: Manifest) -> None:
    """The unpacked file opens, and is what the manifest says."""
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise refusal(path, str(error)) from error
    try:
        kind, migrations = facts(con, path)
    finally:
        con.close()
    refuse_newer(archive, migrations)
    if (kind, migrations) != (manifest.kind, manifest.migrations):
        raise LedgerError(f"{archive} holds another warehouse than its manifest says.", "Nothing was changed.")


def _swap(home: Path, staging: Path, manifest: Manifest, now: datetime) -> Path | None:
    """Set the old file aside, put the new one in its place, and take either the old or the new one for good."""
    path, before = warehouse_path(home), home / BEFORE
    _add_journal(home, staging / "journal")
    drop_file(before)
    log = path.with_name(path.name + ".wal")
    if path.exists():
        _set_aside(path, before)
    if log.exists():  # of a file that could not be opened: it must not be read into the new one
        os.replace(log, before.with_name(before.name + ".wal"))
    os.replace(staging / WAREHOUSE, path)
    force_to_disk(home)
    try:
        published = _proven(home, manifest.kind, now)
    except BaseException:
        drop_file(path)
        for old, name in ((before.with_name(before.name + ".wal"), log), (before, path)):
            if old.exists():
                os.replace(old, name)
        raise
    tidy_home(home)
    return published


def _set_aside(path: Path, before: Path) -> None:
    """A second name for the file, so that at no moment none is in place; a copy where the disk knows no such names."""
    try:
        os.link(path, before)
    except OSError:
        shutil.copyfile(path, before)
        force_to_disk(before)


def _proven(home: Path, kind: str, now: datetime) -> Path | None:
    """Open the restored warehouse as a collector does, build, check and publish."""
    with Warehouse(home, connected(home, kind, now, tidy=False)) as warehouse:
        warehouse.land_journal()
        warehouse.build(now)
        warehouse.check()
        published = warehouse.publish(now)
        warehouse.write_status(now, published)
    return published


def _add_journal(home: Path, restored: Path) -> None:
    """Add what people had entered by the backup to what they have entered since; no entry counts twice."""
    for path in sorted(restored.glob("*.ndjson")) if restored.exists() else ():
        target, content = home / "journal" / path.name, path.read_bytes()
        if target.exists() and target.read_bytes().startswith(content):
            continue
        if target.exists():
            target = target.with_name(f"{path.stem}-restored.ndjson")
        target.write_bytes(content)
        force_to_disk(target)
