"""The file of a backup: a ZIP that any tool opens, with `manifest.json` inside, and at its very end (in the archive's comment)
the SHA-256 of all that stands before it. One bit that flips anywhere is found, in the ZIP's own bookkeeping too.

    manifest.json   format, program, migrations, when, and for each other member its size and SHA-256
    ingot.db        the database, consistent as of one moment; any SQLite tool reads it
    settings.toml   where the home has one
    tls/authority.* the local authority with its key, where there is one: whoever trusts this box trusts the restored one
    files/<sha256>  the contents of uploaded files"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from appliance.base.errors import IngotError
from appliance.base.text import say

FORMAT = 1
ENDING = ".ingot"
MANIFEST, DATABASE, SETTINGS, FILES = "manifest.json", "ingot.db", "settings.toml", "files/"
AUTHORITY = ("tls/authority.pem", "tls/authority.key")
_KNOWN = re.compile("|".join(map(re.escape, (DATABASE, SETTINGS, *AUTHORITY))) + f"|{FILES}[0-9a-f]{{64}}")
CHUNK = 1 << 20
_MARK = b"ingot-backup 1 sha256 "
_DIGEST = 64  # hexadecimal digits at the end of the file


class Damaged(IngotError):
    """The file is no backup, or no longer the one that was written."""

    code = "damaged"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `members`: name -> (size in bytes, SHA-256). `kind`: manual, automatic or snapshot. A
    restore begins another `lineage`, at `lineage_at`. All four are empty in backups of releases that did not know them.
    `lost`: how many contents of files were gone or damaged before it was made."""

    version: str
    migrations: list[str]
    created_at: str
    position: int
    members: dict[str, tuple[int, str]]
    kind: str = ""
    lineage: str = ""
    lineage_at: str = ""
    installation: str = ""
    lost: int = 0

    @property
    def size(self) -> int:
        return sum(size for size, _ in self.members.values())

    @property
    def files(self) -> int:
        return sum(name.startswith(FILES) for name in self.members)

    def shown(self) -> dict[str, Any]:
        return {
            "created_at": self.created_at, "version": self.version, "position": self.position, "files": self.files,
            "bytes": self.size, "kind": self.kind, "lineage": self.lineage, "installation": self.installation,
            "lost": self.lost,
        }  # fmt: skip


class Hashing:
    """A file that can only be appended to, and knows the digest of all but its last 64 bytes: where the digest will stand."""

    def __init__(self, file: BinaryIO):
        self._file, self._sha, self._held = file, hashlib.sha256(), b""

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._held += bytes(data)
        if len(self._held) > CHUNK:
            self._sha.update(self._held[:-_DIGEST])
            self._held = self._held[-_DIGEST:]
        return len(data)

    def flush(self) -> None:
        self._file.flush()

    def digest(self) -> str:
        self._sha.update(self._held[:-_DIGEST])
        return self._sha.hexdigest()


class Writer:
    """Adds members one after the other; `manifest` last."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self.members: dict[str, tuple[int, str]] = {}

    def add(self, name: str, stream: BinaryIO) -> str:
        """Contents are stored as they are where they would not shrink: uploaded files mostly are compressed already. Returns
        the SHA-256."""
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_STORED if name.startswith(FILES) else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        sha, size = hashlib.sha256(), 0
        with self._archive.open(info, "w", force_zip64=True) as member:
            while data := stream.read(CHUNK):
                sha.update(data)
                size += len(data)
                member.write(data)
        self.members[name] = (size, sha.hexdigest())
        return sha.hexdigest()

    def manifest(self, facts: dict[str, Any]) -> None:
        document = {"format": FORMAT, **facts, "members": self.members}
        info = zipfile.ZipInfo(MANIFEST, (1980, 1, 1, 0, 0, 0))
        self._archive.writestr(info, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


@contextmanager
def writing(file: BinaryIO) -> Iterator[Writer]:
    """Write an archive to an open file; its digest is put in place at the end."""
    hashing = Hashing(file)
    stream: Any = hashing  # no seek and no tell: zipfile then writes in one go, from the first byte to the last
    with zipfile.ZipFile(stream, "w", compresslevel=1) as archive:
        yield Writer(archive)
        archive.comment = _MARK + b"0" * _DIGEST
    hashing.flush()
    file.seek(-_DIGEST, 2)
    file.write(hashing.digest().encode())


def check(place: Path) -> Manifest:
    """Read the whole file and compare every digest. Raises Damaged with what is wrong: a foreign file, one that was cut off
    or changed, one that a newer Ingot wrote."""
    check_digest(place)
    with reading(place) as archive:
        manifest = manifest_of(archive)
        names = set(archive.namelist()) - {MANIFEST}
        if names != set(manifest.members) or len(archive.namelist()) != len(names) + 1:
            raise Damaged(say("The backup does not hold what its list says."))
        if strange := [name for name in names if not _KNOWN.fullmatch(name)]:  # `../x`, say: nobody's backup
            raise Damaged(say("The backup holds {name}, which is no part of one.", name=strange[0]))
        for name, (size, sha) in manifest.members.items():
            found, counted = hashlib.sha256(), 0
            with archive.open(name) as member:
                while data := member.read(CHUNK):
                    found.update(data)
                    counted += len(data)
            if (counted, found.hexdigest()) != (size, sha):
                raise Damaged(say("{name} in the backup is damaged.", name=name))
    return manifest


@contextmanager
def reading(place: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(place) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise Damaged(say("{file} cannot be read: {why}", file=place.name, why=error)) from None


def manifest_of(archive: zipfile.ZipFile) -> Manifest:
    try:
        found = orjson.loads(archive.read(MANIFEST))
        if found["format"] > FORMAT:
            raise Damaged(
                say("This backup was written by a newer Ingot ({version}); use that one.", version=found["version"])
            )
        members = {name: (int(size), str(sha)) for name, (size, sha) in found["members"].items()}
        later = {name: str(found.get(name, "")) for name in ("kind", "lineage", "lineage_at", "installation")}
        migrations = [str(name) for name in found["migrations"]]
        for at in filter(None, (found["created_at"], later["lineage_at"])):
            if datetime.fromisoformat(at).tzinfo is None:
                raise ValueError(at)
        return Manifest(
            str(found["version"]),
            migrations,
            str(found["created_at"]),
            int(found["position"]),
            members,
            **later,
            lost=int(found.get("lost", 0)),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Damaged(say("The backup's list of contents cannot be read.")) from None


def check_digest(place: Path) -> None:
    """Is the file, from its first byte to its last, what was written? Raises Damaged."""
    sha = hashlib.sha256()
    with place.open("rb") as file:
        left = file.seek(0, 2) - _DIGEST
        file.seek(max(left - len(_MARK), 0))
        if left < len(_MARK) or file.read(len(_MARK)) != _MARK:
            raise Damaged(say("{file} is no backup of Ingot, or its end is missing.", file=place.name))
        wanted = file.read(_DIGEST)
        file.seek(0)
        while left and (data := file.read(min(CHUNK, left))):
            sha.update(data)
            left -= len(data)
    if sha.hexdigest().encode() != wanted:
        raise Damaged(say("{file} is damaged: it is not what was written.", file=place.name))
