"""XLSX files as ZIP archives of XML: what is in them is bounded before any of it is parsed, and only what tells the cells'
values is read: the list of sheets, the shared texts, which styles show dates. openpyxl's `load_workbook` reads much more, all
of it into memory, and raises errors of any type over colours that are none."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from appliance.base.errors import IngotError
from appliance.base.text import Text, say
from appliance.features.imports import limits
from appliance.features.imports.encodings import refused
from appliance.features.imports.foreign import strict_workbook, what_archive

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DOCTYPE = re.compile(rb"<\0?!\0?D\0?O\0?C\0?T\0?Y\0?P\0?E", re.I)
PROLOG = 1 << 16
_SHEET = re.compile(r"xl/(worksheets|chartsheets|dialogsheets|macrosheets)/[^/]+\.xml", re.I)


class Meter:
    """A part of a workbook, read in pieces. TooLarge when more than `most` bytes come between two calls of `mark`: what its
    parser builds of them is held in memory."""

    def __init__(self, source: IO[bytes], most: int):
        self._source, self._most, self._since = source, most, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self._since += len(piece)
        if self._since > self._most:
            raise limits.too_large(
                say("A row of the sheet has more than {max} bytes.", max=self._most), "line_too_long"
            )
        return piece

    def mark(self) -> None:
        self._since = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    visible: bool
    path: str


@dataclass(frozen=True, slots=True)
class Book:
    """An open workbook. `dates`, `durations` and `percents` are the numbers of the styles that show a number so."""

    archive: zipfile.ZipFile
    sheets: tuple[Sheet, ...]
    texts: list[str]
    epoch: Any
    dates: frozenset[int]
    durations: frozenset[int]
    percents: frozenset[int]

    @contextmanager
    def part(self, sheet: Sheet) -> Iterator[Meter]:
        """The XML of a sheet."""
        with self.archive.open(sheet.path) as source:
            yield Meter(source, limits.LINE)


@contextmanager
def open_book(path: Path) -> Iterator[Book]:
    """Invalid for what is no workbook that can be read, TooLarge for one that holds too much. Errors of any
    type, of ours and of whoever reads its parts, become Invalid as well."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path.stat().st_size)
            yield _open(archive)
    except (IngotError, MemoryError):
        raise
    except Exception as error:
        raise damaged(error) from None


def damaged(error: Exception) -> IngotError:
    return refused(say("this is not an XLSX file: {why}", why=_why(error)), "unreadable")


def _why(error: Exception) -> Text:
    """In the reader's language; libraries speak English."""
    if isinstance(error, SyntaxError):
        line, column = getattr(error, "position", (1, 0))
        return say("its XML breaks off in line {line}, character {column}", line=line, column=column + 1)
    if isinstance(error, KeyError):
        return say("a part of it is missing")
    return say("the archive is damaged") if isinstance(error, zipfile.BadZipFile) else say("it cannot be read")


def _check(archive: zipfile.ZipFile, packed: int) -> None:
    """Sizes are those that the archive declares; `zipfile` reads no more of a part than it declares."""
    entries = archive.infolist()
    if len(entries) > limits.ENTRIES:
        text = say(
            "The archive has {count} entries; at most {max} can be read.", count=len(entries), max=limits.ENTRIES
        )
        raise limits.too_large(text, "too_many_entries")
    limits.check_ratio(sum(e.file_size for e in entries), packed)
    names = frozenset(e.filename for e in entries)
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        raise what_archive(names, archive)
    if any(e.flag_bits & 1 for e in entries):
        raise refused(say("the file is protected with a password: save it without one"), "foreign")
    for entry in entries:
        name = entry.filename.lower()
        if not name.endswith((".xml", ".rels")) or _SHEET.fullmatch(name):
            continue
        shared = name.endswith("sharedstrings.xml")
        most = limits.SHARED if shared else limits.PART
        used = shared or name.startswith(("xl/workbook", "xl/styles", "[content", "_rels", "xl/_rels", "docprops"))
        if used and entry.file_size > most:
            text = say("{part} of the workbook has more than {max} bytes.", part=entry.filename[:100], max=most)
            raise limits.too_large(text, "shared_strings" if shared else "part_too_large")
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            with archive.open(entry) as part:
                if _DOCTYPE.search(part.read(PROLOG)):
                    raise refused(
                        say("the workbook holds XML with definitions of its own, which is never read"), "entities"
                    )


def _open(archive: zipfile.ZipFile) -> Book:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900  # here: 0.2 s of every start

    place = _main_part(archive)
    workbook, parts = _xml(archive, place), _related(archive, place)
    sheets = []
    for node in workbook.iter(f"{MAIN}sheet"):
        path, kind = parts.get(node.get(_ID) or "", ("", ""))
        if kind == "worksheet" and path in archive.NameToInfo:
            sheets.append(Sheet(node.get("name") or "", node.get("state", "visible") == "visible", path))
    if len(sheets) > limits.SHEETS:
        text = say("The workbook has {count} sheets; at most {max} can be read.", count=len(sheets), max=limits.SHEETS)
        raise limits.too_large(text, "too_many_sheets")
    properties = workbook.find(f"{MAIN}workbookPr")
    mac = properties is not None and properties.get("date1904") in ("1", "true")
    kinds = {kind: path for path, kind in parts.values()}
    dates, durations, percents = _styles(archive, kinds.get("styles", ""))
    texts = list(_texts(archive, kinds.get("sharedStrings", "")))
    epoch = CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900
    return Book(archive, tuple(sheets), texts, epoch, dates, durations, percents)


def _main_part(archive: zipfile.ZipFile) -> str:
    """Where the workbook lies. Invalid when the archive is something else."""
    for path, kind in _related(archive, "").values():
        if kind == "officeDocument" and path in archive.NameToInfo:
            found = _xml(archive, path)
            if _STRICT in found.tag:
                raise strict_workbook()
            if found.tag == f"{MAIN}workbook":
                return path
    raise what_archive(frozenset(archive.NameToInfo), archive)


def _related(archive: zipfile.ZipFile, path: str) -> dict[str, tuple[str, str]]:
    """{id: (path, kind)} of what a part refers to."""
    folder, _, name = path.rpartition("/")
    place = f"{folder}/_rels/{name}.rels".lstrip("/")
    found = {}
    for node in _xml(archive, place) if place in archive.NameToInfo else ():
        target = node.get("Target") or ""
        whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[node.get("Id") or ""] = (whole, (node.get("Type") or "").rpartition("/")[2])
    return found


def _styles(archive: zipfile.ZipFile, path: str) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Numbers of styles that show dates, durations, percentages. Read here: openpyxl stumbles over colours that are none."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    if path not in archive.NameToInfo:
        return frozenset(), frozenset(), frozenset()
    sheet = _xml(archive, path)
    formats = {str(n): f for n, f in BUILTIN_FORMATS.items()}
    formats |= {n.get("numFmtId") or "": n.get("formatCode") or "" for n in sheet.iter(f"{MAIN}numFmt")}
    of_style = [formats.get(x.get("numFmtId", "0"), "")[:1_000] for x in sheet.findall(f"{MAIN}cellXfs/{MAIN}xf")]
    kind = {f: (is_date_format(f), is_timedelta_format(f), "%" in f) for f in set(of_style)}
    dates, durations, percents = (frozenset(n for n, f in enumerate(of_style) if kind[f][k]) for k in range(3))
    return dates, durations, percents


def _xml(archive: zipfile.ZipFile, path: str) -> Any:
    from openpyxl.xml.functions import fromstring

    return fromstring(archive.read(path))


def _texts(archive: zipfile.ZipFile, path: str) -> Iterator[str]:
    """The texts that cells share, phonetic hints left out."""
    from openpyxl.xml.functions import iterparse

    if path not in archive.NameToInfo:
        return
    with archive.open(path) as source:
        meter = Meter(source, limits.LINE)
        count = 0
        for event, node in iterparse(meter, events=("start", "end")):
            if event == "start":
                if node.tag == f"{MAIN}sst":
                    root = node
                continue
            if node.tag != f"{MAIN}si":
                continue
            count += 1
            if count > limits.SHARED_COUNT:
                raise limits.too_large(
                    say("The workbook has more than {max} texts.", max=limits.SHARED_COUNT), "shared_strings"
                )
            yield text_of(node)
            meter.mark()
            root.clear()


def text_of(node: Any) -> str:
    """What a text with its runs says."""
    if len(node) == 1 and node[0].tag == f"{MAIN}t":
        return node[0].text or ""
    parts = []
    for child in node:
        if child.tag == f"{MAIN}t":
            parts.append(child.text or "")
        elif child.tag == f"{MAIN}r":
            parts.extend(t.text or "" for t in child if t.tag == f"{MAIN}t")
    return "".join(parts)
