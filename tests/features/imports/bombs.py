# ruff: noqa: E501 - a table, one row a line
"""Small files that become large, wide or deep, or that make a parser work for its square: what a stranger would send. Each is
made here, in a second at most, and has the code that it is refused with."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MIB = 1 << 20


def squeezed(head: bytes, part: bytes, megabytes: int, tail: bytes = b"") -> bytes:
    """A gzip file of so many megabytes of the part."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        packed.write(head)
        for _ in range(megabytes):
            packed.write(part * (MIB // len(part)))
        packed.write(tail)
    return out.getvalue()


def book(changed: dict[str, Callable[[bytes], bytes] | bytes], more: int = 0) -> bytes:
    """A workbook of two rows with some of its parts replaced."""
    made, plain = io.BytesIO(), openpyxl.Workbook()
    plain.active.append(["name", "n"])  # type: ignore[union-attr]
    plain.active.append(["Ada", 1])  # type: ignore[union-attr]
    plain.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            change = changed.get(name)
            content = old.read(name)
            new.writestr(name, change if isinstance(change, bytes) else change(content) if change else content)
        for name in set(changed) - set(old.namelist()):
            new.writestr(name, changed[name])  # type: ignore[arg-type]
        for number in range(more):
            new.writestr(f"xl/media/{number}.bin", b"")
    return out.getvalue()


def sheet(rows: str) -> dict[str, Callable[[bytes], bytes] | bytes]:
    return {"xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>".encode()}


def texts(content: bytes) -> dict[str, Callable[[bytes], bytes] | bytes]:
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = b'<Relationship Type="' + kind + b'" Target="sharedStrings.xml" Id="rId9" /></Relationships>'
    return {
        "xl/sharedStrings.xml": f"<sst {MAIN}>".encode() + content + b"</sst>",
        "xl/_rels/workbook.xml.rels": lambda held: held.replace(b"</Relationships>", link),
    }


def entities() -> bytes:
    lines = ['<!DOCTYPE x [<!ENTITY a "' + "a" * 1_000 + '">']
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f'<!ENTITY {name} "{f"&{before};" * 10}">')
    return ("".join(lines) + f"]><worksheet {MAIN}><sheetData>&i;</sheetData></worksheet>").encode()


def members() -> bytes:
    return gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"") * 120_000


def many_sheets(content: bytes) -> bytes:
    start = content.index(b"<sheets>") + 8
    one = content[start : content.index(b"</sheets>")]
    return content.replace(one, one * 2_000)


def nested(depth: int) -> bytes:
    return b'[{"a":' * depth + b"1" + b"}]" * depth


BOMBS: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "one line of a GiB": ("a.csv.gz", lambda: squeezed(b"", b"a", 100), {"ratio", "line_too_long"}),
    "lines without end": ("a.csv.gz", lambda: squeezed(b"a,b\n", b"1,2\n", 100), {"ratio"}),
    "a line of 20 MiB": ("a.csv", lambda: b"a,b\n" + b"x" * 17 * MIB, {"line_too_long"}),
    "a line of 20 MiB in UTF-16": ("a.csv", lambda: b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x0a\x0a" * 17 * MIB, {"line_too_long", ""}),
    "columns": ("a.csv", lambda: b"a," * 5_000 + b"a\n", {"too_many_columns"}),
    "a million columns": ("a.csv", lambda: b"a," * 900_000 + b"a\n1,2\n", {"too_many_columns"}),
    "columns far below": ("a.csv", lambda: b"a,b\n" * 200 + b"," * 5_000_000 + b"\n", {""}),
    "equal headers": ("a.csv", lambda: b"a," * 999 + b"a\n" + b"1," * 999 + b"1\n", {""}),
    "a cell in quotes": ("a.csv", lambda: b'a,b\n1,"' + b"x\n" * 500_000, {""}),
    "quotes never closed": ("a.csv", lambda: b"a,b\n" + b'1,"x\n2,y\n' * 50_000, {""}),
    "digits that are no number": ("a.csv", lambda: b"1" * 200_000 + b"x," + b" " * 50_000 + b"x\n1,2\n", {""}),
    "blanks before quotes": ("a.csv", lambda: b'a, "' * 60_000, {"too_many_columns", ""}),
    "gzip of many members": ("a.csv.gz", members, {"too_many_entries"}),
    "gzip in gzip": ("a.csv.gz", lambda: gzip.compress(squeezed(b"", b"a", 50)), {"foreign"}),
    "zip in zip": ("a.xlsx", lambda: _zip({"a.zip": _zip({"b.txt": b"0" * MIB * 50})}), {"foreign"}),
    "shared texts": ("a.xlsx", lambda: book(texts(b"<si><t>xxxxxxxxxx</t></si>" * 6 * MIB)), {"shared_strings", "ratio"}),
    "one shared text": ("a.xlsx", lambda: book(texts(b"<si><t>" + b"x" * 40 * MIB + b"</t></si>")), {"line_too_long", "ratio"}),
    "a long text in many cells": ("a.xlsx", lambda: book(texts(b"<si><t>" + b"x y" * (MIB // 3) + b"</t></si>") | sheet(("<row>" + '<c t="s"><v>0</v></c>' * 50 + "</row>") * 2_000)), {"shared_strings"}),
    "a key in each object": ("a.json", lambda: b"[" + b",".join(b'{"k%d":1}' % n for n in range(100_000)) + b"]", {""}),
    "a sheet of nothing": ("a.xlsx", lambda: book(sheet("<row/>" * 12 * MIB)), {"ratio"}),
    "rows of nothing": ("a.xlsx", lambda: book(sheet("<row/>" * 1_500_000)), {"too_many_rows", "empty"}),
    "a row of many cells": ("a.xlsx", lambda: book(sheet("<row>" + "<c><v>1</v></c>" * 2_000_000 + "</row>")), {"line_too_long", "too_many_columns"}),
    "a row far below": ("a.xlsx", lambda: book(sheet('<row r="1"><c t="str"><v>name</v></c></row><row r="2000000000"><c><v>1</v></c></row>')), {"too_many_rows", ""}),
    "a cell far to the right": ("a.xlsx", lambda: book(sheet('<row r="1"><c r="XFD1" t="str"><v>name</v></c></row>')), {"too_many_columns"}),
    "one cell": ("a.xlsx", lambda: book(sheet('<row><c t="str"><v>' + "x" * 50 * MIB + "</v></c></row>")), {"line_too_long"}),
    "deep XML": ("a.xlsx", lambda: book(sheet("<row>" + "<a>" * 2_000_000)), {"too_many_columns"}),
    "entities": ("a.xlsx", lambda: book({"xl/worksheets/sheet1.xml": entities()}), {"entities"}),
    "a file of the server": ("a.xlsx", lambda: book({"xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'}), {"entities"}),
    "many sheets": ("a.xlsx", lambda: book({"xl/workbook.xml": many_sheets}), {"too_many_sheets"}),
    "many entries": ("a.xlsx", lambda: book({}, more=20_000), {"too_many_entries"}),
    "styles": ("a.xlsx", lambda: book({"xl/styles.xml": b"<x>" + b"<xf/>" * 14 * MIB}), {"part_too_large", "ratio"}),
    "the list of sheets": ("a.xlsx", lambda: book({"xl/workbook.xml": b"<x>" + b"<a/>" * 17 * MIB}), {"part_too_large", "ratio"}),
    "deep JSON": ("a.json", lambda: nested(200_000), {"too_deep"}),
    "deep JSON in a line": ("a.jsonl", lambda: b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n", {"too_deep", ""}),
    "keys": ("a.json", lambda: json.dumps([{f"k{n}": 1 for n in range(5_000)}]).encode(), {"too_many_columns"}),
    "many small objects": ("a.json", lambda: b"[" + b"{}," * 2_000_000 + b"{}]", {"empty"}),
    "an object of 70 MiB": ("a.json", lambda: b'[{"a":"' + b"x" * 70 * MIB + b'"}]', {"row_too_long"}),
    "a note of semicolons": ("a.vcf", lambda: b"BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE:" + b";" * 3_000_000 + b"\r\nEND:VCARD\r\n", {""}),
    "a name of semicolons": ("a.vcf", lambda: b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:" + b";" * 3_000_000 + b"\r\nEND:VCARD\r\n", {"unreadable"}),
    "a note in folds": ("a.vcf", lambda: b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:" + b"x\r\n " * 200_000 + b"\r\nEND:VCARD\r\n", {""}),
    "soft line breaks": ("a.vcf", lambda: b"BEGIN:VCARD\nVERSION:2.1\nNOTE;ENCODING=QUOTED-PRINTABLE:" + b"=41=\n" * 200_000 + b"x\nEND:VCARD\n", {""}),
    "addresses": ("a.vcf", lambda: b"BEGIN:VCARD\r\n" + b"".join(b"EMAIL:%d@x.y\r\n" % n for n in range(100_000)) + b"END:VCARD\r\n", {"unreadable"}),
    "cards in cards": ("a.vcf", lambda: b"BEGIN:VCARD\r\nAGENT:\r\n" * 200_000, {"unreadable"}),
    "a card without end": ("a.vcf", lambda: b"BEGIN:VCARD\r\n" * 100_000, {"unreadable"}),
    "a line of a card": ("a.vcf", lambda: b"BEGIN:VCARD\r\nNOTE:" + b"x" * 17 * MIB, {"line_too_long"}),
}  # fmt: skip
"""{what: (its name, how it is made, the codes it may be refused with; "" when it may be read)}"""


def _zip(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def write(folder: Path, what: str) -> Path:
    name, make, _ = BOMBS[what]
    path = folder / name
    path.write_bytes(make())
    return path
