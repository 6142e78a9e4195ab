"""Files that come packed with gzip, as plain ones; and what kind of file it is, by its first bytes."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base.errors import NotFound, TooLarge
from appliance.base.text import say
from appliance.features.imports.encodings import refused

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
LARGEST = 4 << 30
"""Bytes that a packed file may become: a few kilobytes can hold petabytes of nothing."""
PART = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or for a packed one a plain copy that goes away afterwards. NotFound when there is none, Invalid when
    the packing is broken, TooLarge when it would fill the disk."""
    if not path.is_file():
        raise NotFound(say("There is no file {file}.", file=path))
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    if not packed:
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy:
        try:
            with gzip.open(path) as source:
                while part := source.read(PART):
                    copy.write(part)
                    if copy.tell() > LARGEST:
                        raise TooLarge(say("Unpacked, the file has more than {max} bytes.", max=LARGEST))
        except (OSError, EOFError, zlib.error) as error:
            if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                raise
            raise refused(say("the file is packed, and broken: {why}", why=error), "unreadable") from None
        copy.flush()
        yield Path(copy.name)


def is_zip(path: Path) -> bool:
    """XLSX files are zip files."""
    with path.open("rb") as file:
        return file.read(4) == ZIP
