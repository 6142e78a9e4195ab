"""Files in the home folder: files/{private,public}/ab/cd/<sha256>. Written beside, synced, then renamed: a reader, a
backup or a crash sees a whole file or none."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from appliance.base import ids
from appliance.base.errors import NotFound, TooLarge, Unavailable
from appliance.base.text import say
from appliance.engines.files.protocol import Stored

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CHUNK = 256 * 1024
MINUTE = 60
_SHA = re.compile(r"[0-9a-f]{64}")


class LocalFiles:
    def __init__(self, root: Path, *, create: bool = True):
        """Without `create` nothing is made nor swept: for whoever only looks."""
        self.root = root
        self._areas = {True: root / "public", False: root / "private"}
        self._uploads = root / "uploads"  # the same file system as the rest: a rename cannot fail half-way
        if not create:
            return
        for folder in (*self._areas.values(), self._uploads):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep_uploads()

    def put(self, stream: BinaryIO, limit: int | None = None, *, public: bool = False) -> Stored:
        upload = self._uploads / ids.short()
        try:
            with self._begun(upload) as file:
                if fcntl:
                    fcntl.flock(file, fcntl.LOCK_EX)  # the sign that this upload is alive
                stored = _copy(stream, file, limit)
                place = self._place(stored.sha256, public)
                if not _again(place):
                    file.flush()
                    os.fsync(file.fileno())
            if not _again(place):  # asked anew: a sweep may have taken it meanwhile
                self._keep(upload, place)
        finally:
            upload.unlink(missing_ok=True)
        return stored

    @staticmethod
    def _begun(upload: Path) -> BinaryIO:
        """A folder that went while we run is not made anew: it may be a disk's, and what lay in it would hide what comes back."""
        try:
            return upload.open("xb")
        except FileNotFoundError:
            raise Unavailable(
                say("The folder of the files is gone, so nothing can be stored in it. Is its disk mounted?")
            ) from None

    def open(self, sha: str) -> BinaryIO:
        for place in self._places(sha):
            with contextlib.suppress(FileNotFoundError):
                return place.open("rb")
        raise NotFound(say("There is no such file."))

    def path(self, sha: str) -> Path | None:
        return next((place for place in self._places(sha) if place.is_file()), None)

    def exists(self, sha: str, *, public: bool | None = None) -> bool:
        return any(place.is_file() for place in self._places(sha, public))

    def delete(self, sha: str) -> bool:
        gone = [_unlink(place) for place in self._places(sha)]  # both of them: any() alone stops at the first
        return any(gone)

    def sweep(self, keep: Callable[[str], bool], older_than_seconds: float) -> int:
        self._sweep_uploads()
        young, deleted = time.time() - older_than_seconds, 0
        for place in self._all():
            with contextlib.suppress(FileNotFoundError):
                if place.stat().st_mtime <= young and not keep(place.name):
                    # `keep` may have taken a while: somebody may have put the same bytes again
                    deleted += place.stat().st_mtime <= young and _unlink(place)
        return deleted

    def size(self) -> int:
        total = 0
        for place in self._all():
            with contextlib.suppress(FileNotFoundError):
                total += place.stat().st_size
        return total

    def _place(self, sha: str, public: bool) -> Path:
        return self._areas[public] / sha[:2] / sha[2:4] / sha

    def _places(self, sha: str, public: bool | None = None) -> list[Path]:
        if not _SHA.fullmatch(sha):
            return []
        return [self._place(sha, area) for area in (False, True) if public in (None, area)]

    def _all(self) -> Iterator[Path]:
        for area in self._areas.values():
            yield from (place for place in area.glob("??/??/*") if _SHA.fullmatch(place.name))

    def _keep(self, upload: Path, place: Path) -> None:
        for folder in (place.parent.parent, place.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync(folder.parent)
        upload.replace(place)
        _sync(place.parent)

    def _sweep_uploads(self) -> None:
        for upload in self._uploads.iterdir():
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if _abandoned(upload):
                    upload.unlink()


def _copy(stream: BinaryIO, file: BinaryIO, limit: int | None) -> Stored:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(say("The file is larger than {max} bytes.", max=limit))
        digest.update(chunk)
        file.write(chunk)
    return Stored(digest.hexdigest(), size)


def _again(place: Path) -> bool:
    """Whether the bytes are there already; if so they count as put now, which keeps a sweep away from them."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def _unlink(place: Path) -> bool:
    try:
        place.unlink()
    except FileNotFoundError:
        return False
    return True


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _abandoned(upload: Path) -> bool:
    """Whether the process that began this upload is gone: it held a lock. The minute covers the moments in which a
    living one does not hold it yet, or no longer."""
    if upload.stat().st_mtime > time.time() - MINUTE:
        return False
    if fcntl is None:
        return True  # Windows does not delete a file that somebody has open
    with upload.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
