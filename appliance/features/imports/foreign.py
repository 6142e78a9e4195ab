"""Files that are no tables we read, known by how they begin: each with what to save it as."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from appliance.base.errors import Invalid
from appliance.base.text import Text, say
from appliance.features.imports.encodings import refused

HEAD = 4_096
_PICTURE = say("this is a picture")
_BEGINNINGS: tuple[tuple[bytes, Text], ...] = (
    (b"%PDF", say("this is a PDF: export the table from the program that made it, as XLSX or CSV")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        say("this is an old Excel file (XLS), or one with a password: save it as XLSX, without a password"),
    ),
    (b"\x89PNG\r\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\x1f\x8b", say("the file is packed twice: unpack it first")),
    (b"7z\xbc\xaf\x27\x1c", say("this is a packed archive: unpack it, and choose the file in it")),
    (b"Rar!\x1a\x07", say("this is a packed archive: unpack it, and choose the file in it")),
    (b"BZh", say("this is packed in a way that is not read here: unpack it, or pack it with gzip")),
    (b"\xfd7zXZ\0", say("this is packed in a way that is not read here: unpack it, or pack it with gzip")),
    (b"\x28\xb5\x2f\xfd", say("this is packed in a way that is not read here: unpack it, or pack it with gzip")),
    (b"SQLite format 3\0", say("this is a database: export its table as CSV")),
    (b"PAR1", say("this is a Parquet file: export its table as CSV")),
    (b"{\\rtf", say("this is a text document: save its table as XLSX or CSV")),
)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(\?xml|!doctype|html|table|meta|!--)", re.I)
_CALENDAR = re.compile(rb"\s*(?:\xef\xbb\xbf)?begin:vcalendar", re.I)
_PARTS: tuple[tuple[str, Text], ...] = (
    ("xl/workbook.bin", say("this is a binary Excel file (XLSB): save it as XLSX")),
    ("word/document.xml", say("this is a text document: save its table as XLSX or CSV")),
    ("ppt/presentation.xml", say("this is a presentation: save its table as XLSX or CSV")),
    ("Index/Document.iwa", say("this is a Numbers file: export it as Excel or CSV")),
    ("Index.zip", say("this is a Numbers file: export it as Excel or CSV")),
    ("index.xml", say("this is a Numbers file: export it as Excel or CSV")),
)


def check_known(path: Path) -> None:
    """Invalid with a way out, code `foreign`, for a file that is known and not read here."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    for start, text in _BEGINNINGS:
        if head.startswith(start):
            raise refused(text, "foreign")
    if _MARKUP.match(head):
        raise refused(
            say("this is a web page or XML, not a table: open it in a spreadsheet program, and save it as XLSX"),
            "foreign",
        )
    if _CALENDAR.match(head):
        raise refused(say("this is a calendar: export it as CSV"), "foreign")


def what_archive(names: frozenset[str], archive: zipfile.ZipFile) -> Invalid:
    """What a ZIP file is that is no workbook of ours."""
    for name, text in _PARTS:
        if name in names:
            return refused(text, "foreign")
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        kind = archive.read("mimetype")
        if b"opendocument.spreadsheet" in kind:
            return refused(say("this is an OpenDocument spreadsheet (ODS): save it as XLSX"), "foreign")
        if b"opendocument" in kind:
            return refused(say("this is a text document: save its table as XLSX or CSV"), "foreign")
    return refused(say("this is a packed archive: unpack it, and choose the file in it"), "foreign")


def strict_workbook() -> Invalid:
    text = say("this is a “Strict Open XML” workbook: save it as “Excel Workbook (.xlsx)”")
    return refused(text, "foreign")
