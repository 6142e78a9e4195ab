"""In which encoding a file of text is written: a mark, UTF-8 when the whole file is, else the likeliest by its letters."""

from __future__ import annotations

import codecs
from pathlib import Path

from appliance.base.errors import Invalid, Problem
from appliance.base.text import Text, say

SAMPLE = 256 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LIKELY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr", "euc_jp"]
"""Encodings files come in that are not Unicode; asked about all there are, the detector sees Turkish in a German list."""


def refused(text: Text, code: str) -> Invalid:
    """The file itself is at fault."""
    return Invalid([Problem("file", text, code)])


def known_encoding(name: str) -> str:
    """The encoding a person named. Invalid when Python knows none of that name that reads text."""
    try:
        found = codecs.lookup(name)
        if not getattr(found, "_is_text_encoding", True):
            raise LookupError(name)
    except (LookupError, ValueError):
        raise Invalid(
            [Problem("encoding", say("there is no encoding called {name}", name=name[:50]), "encoding")]
        ) from None
    return found.name


def detect_encoding(path: Path) -> str:
    """Invalid when the file holds no text at all."""
    with path.open("rb") as file:
        head = file.read(2_000)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            return _wide(head)
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        chunk = b""
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError as error:
            start = max(0, error.start - SAMPLE // 2)
            odd = (chunk or head)[start : start + SAMPLE]
    from charset_normalizer import from_bytes  # here: not needed to start

    best = from_bytes(odd, cp_isolation=LIKELY).best()
    return best.encoding if best else "cp1252"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: of plain letters, every other byte is nothing."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 20 > len(head):
        raise refused(say("this is not a text file"), "binary")
    return "utf-16-be" if even > odd else "utf-16-le"
