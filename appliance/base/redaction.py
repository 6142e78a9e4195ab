"""What is shown to somebody else carries no secret: the one redaction of the diagnostics archive and of security events.
It knows the names of secrets (passwords, tokens, keys, cookies) in JSON, repr, headers, forms, settings and arguments, and
secrets that are known by their form wherever they stand. When in doubt it hides: a hidden word can be asked for, a shown one
cannot be taken back.

Standard library only, and linear in the length of the text: the panel, which imports nothing of the server, has the same file."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

DOTS = "••••"
LONGEST = 4_096
"""Characters within which a quoted or bracketed value must end; one that does not is hidden to the end of its line."""
LEAST_KNOWN = 4
"""Characters of a secret that is looked for by itself: a shorter one would be found everywhere."""

_WORDS = (
    r"passw(?:or)?d|passwort|kennwort|pass[_-]?phrase|pwd|secret|token|credential|authori[sz]ation|cookie|csrf|xsrf|bearer"
    r"|signature|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|signing[-_ ]?key|encryption[-_ ]?key"
    r"|sess(?:ion)?[-_]?(?:id|key)|ingot_session|ingot_device|(?<![a-z])(?:pass|pw|auth|sid)(?![a-z])"
)
_NAME = re.compile(_WORDS, re.IGNORECASE)
_IS_NAME = re.compile(r"[\w.-]{1,80}")
_PASSWORD = re.compile(r"pass|pwd|kennwort|pin", re.IGNORECASE)
_HEADER = re.compile(r"authori[sz]ation|cookie", re.IGNORECASE)
_TAIL = re.compile(r"[\w.$-]{0,60}(?:\[[^\]\s]{0,40}\])?")
_NEW_LINE = r"(?:\r?\n|(?:\\+r)?\\+n)"
_PART = re.compile(rf"(?:;[^\r\n\\]{{0,200}})?(?:{_NEW_LINE}[^\r\n\\]{{1,200}}){{0,3}}{_NEW_LINE}{_NEW_LINE}")
_SEPARATOR = re.compile(r"[ \t]*(?:=>|:=|==?|:|%3[dDaA])[ \t]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*(?=[bBuUrR]{0,2}\\*[\"'`])")
_VALUE_KEY = re.compile(r"\\*[\"'`][ \t]*:[ \t]*")
_OPENING = re.compile(r"[bBuUrRfF]{0,2}(\\*)([\"'`])")
_QUOTE = re.compile(r"(\\*)([\"'`])")
_SHUT = re.compile(r"\\*[\"'`]{1,3}[ \t,;]*")
_LINE = re.compile(r"(?:(?!\\+[rn])[^\r\n])*")
_TEXT_LINE = re.compile(r"[^\r\n]*")
_WORD = re.compile(r"(?:(?![\"'`](?:[,\s}\])]|$))[^\s&<])+")
_SCHEME = re.compile(r"(?:bearer|basic|digest|token|negotiate|apikey)[ \t]+", re.IGNORECASE)
_HARMLESS = ("true", "false", "null", "none", "")

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:.{0,20000}?-----END (?P=kind)-----|[A-Za-z0-9+/=\s\\:,.•-]*)",
    re.DOTALL,
)
_KEY_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_OF_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\• \r\n\t")
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bingot_(?=[\w-]*[A-Z0-9])[\w-]{12,}"), f"ingot_{DOTS}"),
    # The password of an address may itself hold / and @. A port is none.
    (
        re.compile(r"(\b[a-zA-Z][\w+.-]{0,30}://[^\s:/@\"]{0,200}:)(?!\d{1,5}(?:[/?#\"']|\s|$))[^\s\"]{0,500}@"),
        rf"\1{DOTS}@",
    ),
    (  # a mail address as the user, unescaped: smtps://ada@example.org:secret@mail.example.org
        re.compile(
            r"(\b[a-zA-Z][\w+.-]{0,30}://[^\s:/@\"]{1,200}@[^\s:/@\"]{1,200}:)(?!\d{1,5}(?:[/?#\"']|\s|$))[^\s/\"]{0,500}@"
        ),
        rf"\1{DOTS}@",
    ),
    (re.compile(r"(\b[a-zA-Z][\w+.-]{0,30}://)[^\s:/@\"']{1,500}@"), rf"\1{DOTS}@"),
    (re.compile(r"\b(bearer[ \t]+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1{DOTS}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"), DOTS),
    (re.compile(r"\bAKIA[0-9A-Z]{16}\b"), DOTS),
    (re.compile(r"\$(?:argon2\w{0,3}|2[aby]|scrypt|pbkdf2[\w-]{0,20})\$[^\s\"']+"), DOTS),
    (re.compile(r"(/claim/)[^\s\"'<>?#\\]+"), rf"\1{DOTS}"),
)
_BASIC = re.compile(r"\b(basic[ \t]+)([A-Za-z0-9+/=_-]{6,})", re.IGNORECASE)


def redact(text: str, known: Collection[str] = ()) -> str:
    """The text with dots in place of secrets. `known`: secrets of this installation, hidden wherever they stand."""
    for secret in _spellings(known):
        text = text.replace(secret, DOTS)
    text = _KEY_BLOCK.sub(rf"-----BEGIN \g<kind>----- {DOTS}", text)
    text = _without_key_ends(text)
    for form, shown in _FORMS:
        text = form.sub(shown, text)
    return _without_named(_BASIC.sub(_basic, text))


def redact_value(value: Any, known: Collection[str] = ()) -> Any:
    """The same for what JSON can say: a value under the name of a secret is hidden whole."""
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, dict):
        named = next((value[n] for n in ("name", "key") if isinstance(value.get(n), str)), "")
        hidden = ("value", "written", "default") if _NAME.search(named) or value.get("secret") is True else ()
        return {
            redact(str(name), known): _hidden(str(name), one) if _hides(name, one, hidden) else redact_value(one, known)
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        if len(value) == 2 and isinstance(value[0], str) and _IS_NAME.fullmatch(value[0]) and _NAME.search(value[0]):
            return [value[0], _hidden(value[0], value[1])]  # a header, as pairs of name and value
        return [redact_value(one, known) for one in value]
    return value


def redact_line(line: str, known: Collection[str] = ()) -> str:
    """A line of a log: JSON as JSON, so that it stays JSON; anything else as text."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return redact(line, known)
    return json.dumps(redact_value(found, known), ensure_ascii=False)


def redact_lines(lines: Iterable[str], known: Collection[str] = ()) -> str:
    """A whole log: also what was written over several lines is found."""
    return redact("\n".join(redact_line(line, known) for line in lines), known) + "\n"


# ---- by name


def _hides(name: Any, value: Any, more: Collection[str]) -> bool:
    if value is None or isinstance(value, bool):
        return False
    return name in more or _NAME.search(str(name)) is not None


def _hidden(name: str, value: Any) -> Any:
    """Counts like `tokens: 3` may be told."""
    count = isinstance(value, (int, float)) and not _PASSWORD.search(name)
    return value if count or value in ("", [], {}) else DOTS


def _without_named(text: str) -> str:
    parts, done, at = list[str](), 0, 0
    while found := _NAME.search(text, at):
        tail = _TAIL.match(text, found.end())
        at = tail.end() if tail else found.end()
        for start, end in _values(text, found, at):
            if text[start:end].strip(" \t,;").lower() not in _HARMLESS:
                parts += [text[done:start], DOTS]
                done = end
            at = max(at, end)
    return "".join([*parts, text[done:]])


def _values(text: str, name: re.Match[str], at: int) -> Iterator[tuple[int, int]]:
    """Where the value of the name lies that ends at `at`; none when the word is only a word."""
    closing = _QUOTE.match(text, at)
    if closing:
        if part := _PART.match(text, closing.end()):  # of a form with files
            written = part[0].endswith("n")  # its line breaks are written as \n; else \n belongs to the value
            yield part.end(), (_end_of_line if written else _end_of_text_line)(text, part.end())
            return
        at = closing.end()
    bracket = re.compile(r"\\*\]").match(text, at)
    separator = _SEPARATOR.match(text, bracket.end() if bracket else at) or (closing and _COMMA.match(text, at))
    if separator is None and text[at : at + 1] == ">":
        yield at + 1, _stop(text, "<", at + 1)
    elif separator is None and _is_option(text, name.start()) and text[at : at + 1] in (" ", "\t"):
        start = at + 1
        yield _span(text, start, line=False)
    elif separator is not None:
        header = _HEADER.search(text, name.start(), separator.start()) is not None
        first = text[max(text.rfind("\n", 0, name.start()) + 1, name.start() - 200) : name.start()].strip()
        alone = ":" in separator[0] and re.fullmatch(r"[\w.-]*", first) is not None
        start, end = _span(text, separator.end(), line=header or alone)
        if alone and not _SHUT.fullmatch(text, end, rest := max(end, _end_of_text_line(text, end))):
            end = rest  # nothing stands around a line that begins with the name: whatever it holds belongs to the value
        if "," in separator[0] and (colon := _VALUE_KEY.match(text, end)):  # "name": "password", "value": "..."
            start, end = _span(text, colon.end(), line=False)
        yield start, end


def _span(text: str, start: int, *, line: bool) -> tuple[int, int]:
    """(start, end) of the value, without its quotes. `line`: unquoted, it goes to the end of its line, as in a header."""
    opening = _OPENING.match(text, start)
    if opening:
        if text.startswith(opening[2] * 3, opening.end() - 1):
            return opening.end() + 2, _stop(text, opening[2] * 3, opening.end() + 2)
        return opening.end(), _end_of_quoted(text, opening.end(), opening[2], len(opening[1]))
    if text[start : start + 1] in ("[", "(", "{"):
        return start, _end_of_brackets(text, start)
    if line:
        found = _LINE.match(text, start)
        end = found.end() if found else start
        shut = re.compile(r"[\"'`](?=[,\s}\])]|$)").search(text, start, end)
        return start, shut.start() if shut else end
    scheme = _SCHEME.match(text, start)
    word = _WORD.match(text, scheme.end() if scheme else start)
    return start, start + len(text[start : word.end()].rstrip(",;)}]")) if word else start


def _end_of_quoted(text: str, start: int, mark: str, depth: int) -> int:
    """Up to the mark that closes it, which has as many backslashes as the opening one when JSON lies in JSON."""
    at, limit = start, start + LONGEST
    while (at := text.find(mark, at, limit)) >= 0:
        slashes = at - len(text[start:at].rstrip("\\")) - start
        more = slashes - depth
        if more <= 0 or (more % (depth + 1) == 0 and more // (depth + 1) % 2 == 0):
            return at - min(slashes, depth)
        at += 1
    return _end_of_line(text, start)


def _end_of_brackets(text: str, start: int) -> int:
    depth, at, limit = 0, start, min(len(text), start + LONGEST)
    while at < limit:
        if found := _QUOTE.match(text, at):
            end = _end_of_quoted(text, found.end(), found[2], len(found[1]))
            at = min(limit, end + len(found[0]))
            continue
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at
    return _end_of_line(text, start)


def _end_of_line(text: str, start: int) -> int:
    found = _LINE.match(text, start)
    return found.end() if found else start


def _end_of_text_line(text: str, start: int) -> int:
    """Where the line ends in the text itself: two characters that stand for a line break end nothing."""
    found = _TEXT_LINE.match(text, start)
    return found.end() if found else start


def _stop(text: str, mark: str, start: int) -> int:
    end = text.find(mark, start, start + LONGEST)
    return end if end >= 0 else _end_of_line(text, start)


def _is_option(text: str, start: int) -> bool:
    """Is the name an argument of a command, as in --password?"""
    return text[max(0, start - 60) : start].rpartition(" ")[2].lstrip("'\"").startswith("--")


# ---- by form


def _without_key_ends(text: str) -> str:
    """Of a private key whose beginning was cut off: what stands before its last line and may belong to it."""
    parts, done = list[str](), 0
    for found in _KEY_END.finditer(text):
        start = found.start()
        while start > done and text[start - 1] in _OF_KEY:
            start -= 1
        parts += [text[done:start], DOTS, found[0]]
        done = found.end()
    return "".join([*parts, text[done:]])


def _basic(found: re.Match[str]) -> str:
    """`Basic` is also a word: hidden is what decodes to NAME:PASSWORD."""
    text = found[2].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        pair = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return found[0]
    return f"{found[1]}{DOTS}" if b":" in pair else found[0]


def _spellings(known: Collection[str]) -> list[str]:
    """Each as it is written in a text, an address, a form and JSON; the longest first."""
    found = set()
    for secret in known:
        if len(secret) >= LEAST_KNOWN:
            found |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
            found |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return sorted(found, key=len, reverse=True)
