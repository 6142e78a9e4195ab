"""In which encoding a file of text is written: a mark, UTF-8 when the whole file is, else the likeliest by what its odd bytes
give in each. Where another one is as likely, it says so."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
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
UNITS, WORDS = 300, 200
"""Pieces with odd bytes that are judged, and plain words beside them."""
SURE, SURE_OF_FEW, FEW = 4.0, 6.0, 2
"""How much likelier (a natural logarithm) the best must be than any that reads other letters; where there are so few pieces."""
WIDE = 10.0
"""How much likelier an encoding of several bytes must be than any of one."""
ASKED = frozenset(("cp850", "cp437", "cp852", "cp857", "cp737", "mac-roman", "mac-latin2", "mac-cyrillic"))
"""Of old programs and machines: rare enough that they are always asked about."""
DOUBT = -7.5
"""Per odd character: what is less likely than this is no text in any language we know."""
OTHERS = 6
_UNIT = re.compile(rb"[\x40-\xff]+")
"""No byte below these is the second half of a character, in any encoding but GB18030's rarest."""
_PLAIN = re.compile(rb"(?<![\x40-\xff])[A-Za-z][a-z]{2,15}(?![\x40-\xff])")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")
CHANCE = 2
"""Characters of UTF-8 for each byte that is of none."""
_BEYOND, _STRAY = re.compile("[^\x00-\x7f]"), re.compile("[\udc80-\udcff]")
_ISO_2022 = re.compile(rb"\x1b(\$[@B]|\([JI])")


Judged = tuple[float, str, tuple[str, ...]]
"""(how likely, the encoding, what it reads)"""


@dataclass(frozen=True, slots=True)
class Encoding:
    """`others` are those it could be, the likeliest first and itself among them, where it is not `sure`."""

    name: str
    sure: bool = True
    others: tuple[str, ...] = ()


def refused(text: Text, code: str) -> Invalid:
    """The file itself is at fault."""
    return Invalid([Problem("file", text, code)])


def known_encoding(name: str) -> str:
    """The encoding a person named. Invalid when Python knows none of that name that reads text."""
    try:
        found = codecs.lookup(name)
        if not getattr(found, "_is_text_encoding", True):
            raise LookupError(name)
        "abc".encode(found.name).decode(found.name)  # three bytes alone are no UTF-16
    except (LookupError, ValueError):
        raise Invalid(
            [Problem("encoding", say("there is no encoding called {name}", name=name[:50]), "encoding")]
        ) from None
    return found.name


def detect_encoding(path: Path) -> Encoding:
    """Invalid when the file holds no text at all."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        for mark, name in MARKS:
            if head.startswith(mark):
                return Encoding(name)
        if wide := _wide(head[:2_000]):
            return Encoding(wide)
        if _is_binary(head):
            raise refused(say("this is not a text file"), "binary")
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return Encoding("iso2022_jp" if _ISO_2022.search(head) else "utf-8")
        except UnicodeDecodeError:
            pass
    if head.lstrip()[:1] not in (b"[", b"{") and _mostly_utf8(path):  # a list of JSON has no rows to tell of
        return Encoding("utf-8")
    return _likeliest(path)


def _mostly_utf8(path: Path) -> bool:
    """Characters of UTF-8 do not come about by chance: where there are far more of them than bytes that are of none, the latter
    are damage, and their rows are told."""
    good = bad = 0
    with path.open("r", encoding="utf-8", errors="surrogateescape", newline="") as file:
        while text := file.read(1 << 20):
            bad += len(_STRAY.findall(text))
            good += len(_BEYOND.findall(text)) - len(_STRAY.findall(text))
    return good >= CHANCE * bad


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: of plain letters, every other byte is nothing."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 >= len(head) and min(even, odd) * 20 <= len(head):
        return "utf-16-be" if even > odd else "utf-16-le"
    for name in ("utf-16-le", "utf-16-be"):  # of other scripts, the line ends and the delimiters at least
        text = head[: len(head) // 2 * 2].decode(name, "replace")
        plain = sum(c in "\r\n\t,;|" for c in text)
        if plain * 50 > len(text) and (even or odd) and all(c.isprintable() or c in "\r\n\t" for c in text[:-1]):
            return name
    return ""


def _is_binary(head: bytes) -> bool:
    """Texts hold a stray control character or NUL, no more."""
    controls = len(_CONTROLS.findall(head[:20_000]))
    return controls > 3 + len(head[:20_000]) // 200 or head[:20_000].count(0) * 3 > len(head[:20_000])


def _likeliest(path: Path) -> Encoding:
    """By the odd bytes of the whole file, each that occurs at least once among what is judged."""
    from appliance.features.imports import letters, multibyte  # here: their models are worth it for such files alone

    units, words = _units(path, multibyte.LONGEST)
    found = _alike(letters.judge(units, words))
    wide = [f for f in multibyte.judge(units) if _reads(path, f[1])]
    wide = [f for n, f in enumerate(wide) if f[2] not in [w[2] for w in wide[:n]]][:2]
    while found and not _reads(path, found[0][1]):
        found.pop(0)
    if wide and (not found or wide[0][0] >= found[0][0] + WIDE):
        sure = len(wide) == 1 or wide[0][0] - wide[1][0] >= SURE_OF_FEW
        return Encoding(wide[0][1], sure, () if sure else tuple(f[1] for f in [*wide, *found[:3]]))
    if not found:
        return Encoding("cp1252", False, ("cp1252", "cp850", "mac-roman"))
    best, name, texts = found[0]
    odd = sum(not c.isascii() for t in texts for c in t)
    rivals = [f[0] for f in found[1:2]] + [f[0] - WIDE / 2 for f in wide]
    margin = best - max(rivals, default=best - 100)
    few = len(units) <= FEW and any(c.isalpha() and not c.isascii() for t in texts for c in t)
    if name not in ASKED and margin >= (SURE_OF_FEW if few else SURE) and best >= DOUBT * odd - 10:
        return Encoding(name)
    listed = sorted([*found[: OTHERS - len(wide)], *wide], key=lambda f: -f[0])
    return Encoding(name, False, (name, *(f[1] for f in listed if f[1] != name)))


def _alike(found: list[Judged]) -> list[Judged]:
    """One of those that read the same letters: the commonest."""
    from appliance.features.imports.letters import CANDIDATES

    order = {name: n for n, (name, _, _) in enumerate(CANDIDATES)}
    best: dict[tuple[str, ...], Judged] = {}
    for each in found:
        held = best.setdefault(each[2], each)
        if order[each[1]] < order[held[1]]:
            best[each[2]] = (held[0], each[1], each[2])
    return sorted(best.values(), key=lambda f: -f[0])


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _units(path: Path, longest: int) -> tuple[list[bytes], list[str]]:
    """Different pieces with odd bytes, from all over the file, such that each odd byte of it is among them; and the first
    plain words."""
    units: dict[bytes, None] = {}
    words: dict[str, None] = {}
    plain = bytes(range(0x80))
    known = set[int]()
    with path.open("rb") as file:
        rest = b""
        while piece := file.read(SAMPLE):
            chunk = rest + piece
            cut = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"), chunk.rfind(b" "), len(chunk) - 4_096)
            chunk, rest = (chunk[:cut], chunk[cut:]) if len(piece) == SAMPLE else (chunk, b"")
            if len(words) < WORDS:
                for match in _PLAIN.finditer(chunk[: SAMPLE // 4]):
                    words[match[0].decode().lower()] = None
            odd = set(chunk.translate(None, plain + bytes(known)))
            if len(units) >= UNITS and not odd:
                continue
            for match in _UNIT.finditer(chunk):
                unit = match[0][:longest]
                if unit.isascii():
                    continue
                if len(units) < UNITS or (odd & set(unit)) - known:
                    units[unit] = None
                    known |= {b for b in unit if b >= 0x80}
                elif odd <= known:
                    break
    return list(units), list(words)[:WORDS]
