"""What a file store promises: contents named by their SHA-256, never changed, written once however often they come.
Names, types, owners and permissions of files are rows in the database; a store knows bytes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: str  # 64 lower-case hex digits
    size: int  # bytes


class FileStore(Protocol):
    """Any `sha` that is not 64 lower-case hex digits is the name of no file: NotFound, False or None, never a path."""

    def put(self, stream: BinaryIO, limit: int | None = None, *, public: bool = False) -> Stored:
        """Read `stream` to its end and keep it. On return the bytes survive a power cut.

        Raises TooLarge when there are more than `limit` bytes, and whatever the stream raises; nothing is kept then.
        Public contents may be served to everybody by their address; the same bytes can be both."""
        ...

    def open(self, sha: str) -> BinaryIO:
        """A seekable stream for the caller to close. Raises NotFound."""
        ...

    def path(self, sha: str) -> Path | None:
        """A local file to hand to the system for sending; None when there is none, or the store is not local."""
        ...

    def exists(self, sha: str, *, public: bool | None = None) -> bool:
        """`public`: ask only among the public (True) or the private (False) contents."""
        ...

    def delete(self, sha: str) -> bool:
        """Whether there was something to delete. Who still reads it reads on."""
        ...

    def sweep(self, keep: Callable[[str], bool], older_than_seconds: float) -> int:
        """Delete what `keep(sha)` does not want and what nobody put again for so long; the number deleted. The age
        spares a file whose row is not committed yet. When `keep` raises, nothing more is deleted."""
        ...

    def size(self) -> int:
        """Bytes of all contents."""
        ...
