"""A backup: one archive of the warehouse and the journal, with what they are and a checksum of each.

The manifest comes first, so that an archive is refused before anything of it is unpacked. Published files are not
in it: a restore makes them anew from the warehouse.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import duckdb

from sql.errors import BadBackup, LedgerError, NothingCollected
from sql.files import connect_writer, force_to_disk, full_disk_told, need_room, prepare_home, refusal, warehouse_path
from sql.lock import HomeLock
from sql.publish import LAYOUT

FORMAT, MANIFEST, WAREHOUSE = 1, "manifest.json", "warehouse.duckdb"
FOLDER = "backups"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive holds. `made_at` is UTC, ISO 8601; `migrations` are those of its warehouse."""

    format: int
    made_at: str
    kind: str
    migrations: tuple[int, ...]
    layout: int
    duckdb: str
    files: tuple[Member, ...]


def back_up(home: Path, to: Path | None, now: datetime) -> tuple[Path, Manifest]:
    """Write an archive of the home, by default into its folder `backups`. No collector writes meanwhile.

    Raises NothingCollected, LedgerLocked, DiskFull, HomeNotWritable, WouldReplace.
    """
    need_warehouse(home)
    prepare_home(home)
    with HomeLock(home), full_disk_told(home):
        kind, migrations = _settled(home)
        target = _target(home, to, f"agent-ledger-{kind}-{now:%Y%m%dT%H%M%SZ}.tar.gz")
        need_room(target.parent, warehouse_path(home).stat().st_size // 4, "A backup")
        journal = _journal(home)
        files = [_member(WAREHOUSE, warehouse_path(home)), *(_text_member(*each) for each in journal.items())]
        manifest = Manifest(
            FORMAT, f"{now:%Y-%m-%dT%H:%M:%SZ}", kind, migrations, LAYOUT, duckdb.__version__, tuple(files)
        )
        with _archive(target) as archive:
            _add(archive, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
            archive.add(warehouse_path(home), WAREHOUSE, filter=_plain)
            for name, content in journal.items():
                _add(archive, name, content)
    return target, manifest


def need_warehouse(home: Path) -> None:
    """Raise NothingCollected where a home has no warehouse."""
    if not warehouse_path(home).exists():
        raise NothingCollected(
            f"Nothing has been collected into {home} yet.", "Set LEDGER_HOME to the folder that holds warehouse.duckdb."
        )


def _settled(home: Path) -> tuple[str, tuple[int, ...]]:
    """Put everything committed into the one file; returns what it holds."""
    con = connect_writer(home)
    try:
        con.execute("CHECKPOINT")
        return facts(con, warehouse_path(home))
    finally:
        con.close()


def facts(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, tuple[int, ...]]:
    """The kind of a warehouse, and its migrations. Raises NotAWarehouse."""
    try:
        numbers = con.execute("SELECT number FROM migrations ORDER BY number").fetchall()
        kind = con.execute("SELECT value FROM ops.meta WHERE key = 'kind'").fetchone()
    except duckdb.Error as error:
        raise refusal(path, str(error)) from error
    return (kind[0] if kind else "account"), tuple(number for (number,) in numbers)


def _target(home: Path, to: Path | None, name: str) -> Path:
    """Where the archive goes: a file that is not there yet."""
    path = home / FOLDER if to is None else to
    if to is None or path.is_dir():
        path.mkdir(exist_ok=True)
        path = path / name
    if path.exists() or not path.parent.is_dir():
        what = "is there already" if path.exists() else "is in a folder that does not exist"
        raise LedgerError(f"{path} {what}.", "Name another file, or a folder, with --to.")
    return path


def _journal(home: Path) -> dict[str, bytes]:
    """The journal as it is now, whole lines only: somebody may be writing the next one."""
    found = {}
    for path in sorted((home / "journal").glob("*.ndjson")):
        content = path.read_bytes()
        found[f"journal/{path.name}"] = content[: content.rfind(b"\n") + 1]
    return found


@contextmanager
def _archive(target: Path) -> Iterator[tarfile.TarFile]:
    """A new archive, for its owner's eyes only, which takes its name when it is whole and on the disk."""
    temporary = target.with_name(target.name + ".new")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with (
                gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) as zipped,
                tarfile.open(fileobj=zipped, mode="w") as archive,
            ):
                yield archive
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        force_to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the machine it was made on."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


def _member(name: str, path: Path) -> Member:
    with path.open("rb") as file:
        return Member(name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _text_member(name: str, content: bytes) -> Member:
    return Member(name, len(content), hashlib.sha256(content).hexdigest())


@contextmanager
def opened(path: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """An archive, to be read on, and its manifest. Raises BadBackup."""
    with ExitStack() as stack:
        with _whole(path):
            archive = stack.enter_context(tarfile.open(path, "r:gz"))
            first = archive.next()
            content = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
            if content is None:
                raise _bad(path, "it has no manifest")
            manifest = _manifest(path, json.load(content))
        yield archive, manifest


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """What cannot be read inside is a BadBackup; what the system refuses otherwise is left as it is."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename != str(path):
            raise
        raise _bad(path, error.strerror or str(error)) from error
    except (tarfile.TarError, zlib.error, EOFError, ValueError, KeyError, TypeError) as error:
        raise _bad(path, str(error) or type(error).__name__) from error


def _manifest(path: Path, said: dict[str, Any]) -> Manifest:
    if said.get("format") != FORMAT:
        raise _bad(path, f"its format is {said.get('format')}, this version reads {FORMAT}")
    files = tuple(Member(str(f["name"]), int(f["size"]), str(f["sha256"])) for f in said["files"])
    return Manifest(
        FORMAT, str(said["made_at"]), str(said["kind"]), tuple(int(n) for n in said["migrations"]),
        int(said["layout"]), str(said["duckdb"]), files,
    )  # fmt: skip


def unpack(path: Path, archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    """Unpack what the manifest lists, nothing else, and hold it against the checksums. Raises BadBackup."""
    wanted = {member.name: member for member in manifest.files}
    with _whole(path):
        while (info := archive.next()) is not None:
            member, content = wanted.pop(info.name, None), archive.extractfile(info)
            if member is None or content is None or not _safe(info.name):
                raise _bad(path, f"it holds {info.name!r}, which its manifest does not list")
            if _write(content, folder / info.name) != member.sha256:
                raise _bad(path, f"the checksum of {info.name} is wrong")
    if wanted or not (folder / WAREHOUSE).exists():
        raise _bad(path, f"it lacks {', '.join(sorted(wanted)) or WAREHOUSE}")


def _write(content: IO[bytes], target: Path) -> str:
    """Write a file to the disk; returns its checksum."""
    target.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _safe(name: str) -> bool:
    """Whether a name stays inside the folder it is unpacked into."""
    parts = name.split("/")
    return name == WAREHOUSE or (len(parts) == 2 and parts[0] == "journal" and parts[1].endswith(".ndjson"))


def _bad(path: Path, why: str) -> BadBackup:
    return BadBackup(f"{path} is no whole backup of Agent Ledger: {why}.", "Nothing was changed. Take another backup.")
