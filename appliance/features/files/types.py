"""What a file really is, by its first bytes; and which types a browser may show in our name. What the client claims
counts only to tell harmless texts apart."""

from __future__ import annotations

import codecs
import mimetypes
import re
import unicodedata

import filetype

HEAD = 8192  # bytes that are looked at: as many as `filetype` wants
UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
LONGEST_NAME = 200

# Texts that no browser runs: here the client's word, or the name's ending, is believed.
_TEXTS = {
    "text/csv",
    "text/tab-separated-values",
    "text/markdown",
    "text/calendar",
    "text/vcard",
    "application/json",
    "application/x-ndjson",
    "application/yaml",
    "application/toml",
}
_ALIASES = {
    "text/x-csv": "text/csv",
    "application/csv": "text/csv",
    "text/x-markdown": "text/markdown",
    "text/x-vcard": "text/vcard",
}
_ENDINGS = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "vcf": "text/vcard",
    "ics": "text/calendar",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "jsonl": "application/x-ndjson",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
}

# Shown in the browser's window; all else is downloaded. SVG and HTML are missing on purpose: they can hold scripts.
_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/apng", "image/bmp", TEXT}
PDF = "application/pdf"

# How HTML begins, after https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|img)[\s>/]", re.I
)
_SVG = re.compile(r"<svg[\s>]|<!doctype\s+svg", re.I)
_SKIPPED = re.compile(r"(\s+|<\?xml.*?\?>|<\?[a-z-]+.*?\?>|<!--.*?-->)", re.I | re.S)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(head: bytes, claimed: str = "", name: str = "") -> str:
    """The media type of what begins with `head`, its first HEAD bytes. `claimed` and `name` are the client's word."""
    if text := _text(head):
        return _kind_of_text(text, claimed, name)
    if not head:
        return _harmless(claimed, name) or TEXT  # an empty file is whatever one calls it
    return filetype.guess_mime(head) or UNKNOWN


def shown(mime: str, *, asked: bool = False) -> bool:
    """May a browser show it instead of saving it? A PDF only when the address asked for that."""
    return mime in _SHOWN or mime.startswith(("audio/", "video/")) or (asked and mime == PDF)


def clean_name(name: str) -> str:
    """A name that is safe to show and to save under: no folders, no control or direction characters, 200 at most."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    kept = re.sub(r"\s+", " ", kept).strip(" .") if kept.strip(" .") else ""
    if len(kept) > LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        if dot and len(ending) <= 20:
            kept = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending
        kept = kept[:LONGEST_NAME]
    return kept or "file"


def ending_for(mime: str) -> str:
    """`.png` for a file that came without a name; empty when there is no usual one."""
    return mimetypes.guess_extension(mime) or ""


def _text(head: bytes) -> str | None:
    """The bytes as text, when that is what they are: UTF-8, UTF-16 with its mark, or one byte a letter."""
    if not head or _is_known_binary(head):
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = codecs.getincrementaldecoder("utf-16")("replace").decode(head)
        return None if _CONTROL.search(text) else text
    if b"\x00" in head:
        return None
    try:
        # incremental: the last letter may be cut in two at the end of the head
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        text = head.decode("latin-1")
        if re.search("[\x7f-\x9f]{3}", text):
            return None
    return None if _CONTROL.search(text) else text


def _is_known_binary(head: bytes) -> bool:
    """Formats that begin like text: PDF, RTF, PostScript."""
    return head.startswith((b"%PDF", b"{\\rtf", b"%!PS"))


def _kind_of_text(text: str, claimed: str, name: str) -> str:
    start = text.lstrip("\ufeff")
    xml = start.lstrip().lower().startswith("<?xml")
    while found := _SKIPPED.match(start):
        start = start[found.end() :]
    if _SVG.match(start):
        return "image/svg+xml"
    if _HTML.match(start):
        return "text/html"
    if xml:
        return "application/xml"
    if start.startswith("#!"):
        return "text/x-script"
    return _harmless(claimed, name) or TEXT


def _harmless(claimed: str, name: str) -> str | None:
    said = claimed.partition(";")[0].strip().lower()
    said = _ALIASES.get(said, said)
    if said in _TEXTS:
        return said
    return _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
