"""The lines of a vCard as properties, whoever wrote it: folded lines (Outlook, Gmail), quoted-printable with soft line breaks
(2.1, Android), pictures whose base64 is not indented (iPhone, Lotus), a card within a card (AGENT), names with a group
(`item1.URL`)."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DROPPED = frozenset(("PHOTO", "LOGO", "SOUND", "KEY", "AGENT", "LABEL"))
"""Properties that hold pictures, sounds and keys, another person's card, or the address once more."""
_HEAD = re.compile(r"(?:[A-Za-z0-9_-]+\.)?([A-Za-z][A-Za-z0-9_-]*)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):")
HEAD = 4_000
"""Characters in which a property's name and parameters must end."""
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
_ESCAPED = re.compile(r"\\(.)", re.S)
_PARTS = {",": re.compile(r"((?:[^\\,]|\\.)*)(?:,|$)", re.S), ";": re.compile(r"((?:[^\\;]|\\.)*)(?:;|$)", re.S)}


@dataclass(frozen=True, slots=True)
class Property:
    """`name` in capitals, `types` in small letters; `text` is decoded, and still escaped."""

    name: str
    types: frozenset[str]
    text: str
    version: str

    def plain(self) -> str:
        return unescape(self.text, self.version)

    def parts(self, separator: str = ";") -> list[str]:
        """What stands between separators that are not escaped."""
        found = [m[1] for m in _PARTS[separator].finditer(self.text)]
        if found and not found[-1] and not self.text.endswith(separator):
            found.pop()
        return [unescape(p, self.version).strip() for p in found]


def unescape(text: str, version: str) -> str:
    r"""`\n` is a line break from 3.0 on: in 2.1 it is a folder of Windows."""

    def one(match: re.Match[str]) -> str:
        char = match[1]
        if char in ",;:":
            return char
        if version != "2.1":
            return "\n" if char in "nN" else char if char in '\\"' else match[0]
        return match[0]

    return _ESCAPED.sub(one, text) if "\\" in text else text


def read_properties(lines: Iterable[str]) -> Iterator[Property]:
    """The properties of one card, from the lines between its BEGIN and its END. ValueError for lines that are none."""
    version = "3.0"
    for line in _whole(lines):
        head = _HEAD.match(line, 0, HEAD)
        if head is None:
            raise ValueError(line[:60])
        name, value = head[1].upper(), line[head.end() :]
        if name == "VERSION":
            version = value.strip()
            continue
        if name in DROPPED:
            continue
        words = [w.strip().strip('"') for w in head[2].replace('"', "").split(";") if w.strip()]
        named = [w.partition("=") for w in words]
        given = {k.strip().upper(): v.strip() for k, eq, v in named if eq}
        types = {w.strip().lower() for k, eq, _ in named if not eq for w in k.split(",")}
        types |= {w.strip().lower() for k, eq, v in named if eq and k.strip().upper() == "TYPE" for w in v.split(",")}
        if _is_quoted(head[2]):
            value = _quoted(value, given.get("CHARSET", "utf-8"))
        yield Property(name, frozenset(types - {""}), value, version)


def _is_quoted(parameters: str) -> bool:
    return "QUOTED-PRINTABLE" in parameters.upper()


def _is_base64(parameters: str) -> bool:
    return bool(re.search(r"BASE64|ENCODING=B(;|$)", parameters.upper()))


def _quoted(value: str, charset: str) -> str:
    raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
    for name in (charset, "utf-8", "cp1252"):
        try:
            return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Lines put together again, pictures and inner cards left out. One pass: parts are joined when their line is whole."""
    parts: list[str] = []
    parameters, blank = "", ""  # of the property at hand; what stays of a fold
    inner, dropped, soft, is_version = 0, False, False, False
    for raw in lines:
        line = raw.rstrip("\r\n")
        upper = line[:20].strip().upper()
        if inner or (parts and upper == "BEGIN:VCARD"):  # the card of an agent
            inner += (upper == "BEGIN:VCARD") - (upper == "END:VCARD")
            continue
        head = None if soft else _HEAD.match(line, 0, HEAD)
        if soft or (parts and line[:1] in (" ", "\t")):
            parts.extend([] if dropped else [line] if soft else [blank, line[1:]])
        elif head is None and parts and not is_version:
            if line.strip() and not dropped and not (_is_base64(parameters) and _BASE64.fullmatch(line.strip())):
                parts.append("\n" + line)  # a note that goes on without an indent
        elif line.strip():
            if parts and not dropped:
                yield "".join(parts)
            parts, parameters = [line], head[2] if head else ""
            name = head[1].upper() if head else ""
            dropped, is_version = name in DROPPED, name == "VERSION"
            if upper.startswith("VERSION:2"):
                blank = " "  # there, lines are folded at blanks, which stay
        soft = bool(parts) and _is_quoted(parameters) and line.endswith("=")
        if soft and not dropped:
            parts[-1] = parts[-1][:-1]
    if parts and not dropped:
        yield "".join(parts)
