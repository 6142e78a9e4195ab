"""Files that come packed with gzip, as plain ones: within bounds, which are counted while it is unpacked."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.imports import limits
from appliance.features.imports.encodings import refused

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
PIECE = 1 << 14
"""Bytes unpacked at a time. What follows a member's end is copied: with large pieces, many small members cost their square."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or for a packed one a plain copy that goes away afterwards. NotFound when there is none, Invalid when
    the packing is broken, TooLarge when it would become too much."""
    if not path.is_file():
        raise NotFound(say("There is no file {file}.", file=path))
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    if not packed:
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy:
        with path.open("rb") as source:
            _unpack(source, copy)
        copy.flush()
        yield Path(copy.name)


def _unpack(source: IO[bytes], copy: IO[bytes]) -> None:
    """All members of a gzip file, one after the other; zeros behind the last are padding, as `gzip` sees it."""
    members = read = written = 0
    rest = b""
    member = zlib.decompressobj(wbits=31)
    try:
        while piece := rest or source.read(PIECE):
            read += 0 if rest else len(piece)
            if member.eof:  # the last one has ended
                if not (piece := piece.lstrip(b"\0")):
                    rest = b""
                    continue
                if members > limits.MEMBERS:
                    text = say("The file is packed in more than {max} pieces.", max=limits.MEMBERS)
                    raise limits.too_large(text, "too_many_entries")
                member = zlib.decompressobj(wbits=31)
            while True:
                part = member.decompress(piece, limits.LINE)
                written += copy.write(part)
                limits.check_ratio(written, read)
                if not (piece := member.unconsumed_tail):
                    break
            members += member.eof
            rest = member.unused_data
        if not member.eof:
            raise EOFError("it ends too early")
    except (EOFError, zlib.error) as error:
        raise refused(say("the file is packed, and broken: {why}", why=error), "unreadable") from None


def is_zip(path: Path) -> bool:
    """XLSX files are zip files."""
    with path.open("rb") as file:
        return file.read(4) == ZIP
