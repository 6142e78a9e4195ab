"""vCards as programs write them: Outlook, iPhone, Android, Gmail, Lotus. Each card is read, or listed with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.base.errors import Invalid
from appliance.features.imports import reading
from appliance.features.imports.layout import BROKEN


def card(lines: str, version: str = "3.0") -> str:
    return f"BEGIN:VCARD\r\nVERSION:{version}\r\n" + lines.strip().replace("\n", "\r\n") + "\r\nEND:VCARD\r\n"


def read(folder: Path, content: str | bytes) -> list[dict[str, Any]]:
    path = folder / "a.vcf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    layout = reading.detect(path)
    rows = [row for _, row in reading.rows(path, layout)]
    assert all(set(r) <= set(layout.columns) for r in rows if BROKEN not in r)
    return rows


OUTLOOK = """N;LANGUAGE=en-us:Muster;Eva
FN:Eva Muster
ORG:Firma Blau;Einkauf
TEL;WORK;VOICE:(030) 555-1234
TEL;CELL;VOICE:0171 1
ADR;WORK;PREF:;;Weg 1;Berlin;;10115;Germany
LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Weg 1=0D=0A=
Berlin: Mitte
EMAIL;PREF;INTERNET:eva@example.org
NOTE;ENCODING=QUOTED-PRINTABLE:first=0D=0A=
second: line=
 end
X-MS-OL-DEFAULT-POSTAL-ADDRESS:2
PHOTO;TYPE=JPEG;ENCODING=BASE64:
 /9j/4AAQSkZJRgABAQEAYABgAAD/
 2wBDAAgGBgcGBQgHBwcJ

REV:20240101T000000Z"""
LOTUS = """N:Muster;Eva
PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQSkZJRgABAQEAYABgAAD/
2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsL
AAAA==
URL:http\\://example.org/a
AGENT:
BEGIN:VCARD
VERSION:2.1
FN:Somebody Else
TEL:999
END:VCARD
TITLE:Boss"""
ANDROID = """N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller
TEL;CELL;PREF:0301234
NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:eins=
zwei"""
IPHONE = """PRODID:-//Apple Inc.//iPhone OS 17.0//EN
N:Lovelace;Ada;;;
FN:Ada Lovelace
item1.EMAIL;type=INTERNET;type=pref:ada@example.org
item1.X-ABLabel:_$!<Other>!$_
item2.TEL:+44 1
TEL;type=CELL;type=VOICE;type=pref:+44 2
item3.ADR;type=HOME;type=pref:;;1 Long\\, Road\\nFlat 2;London;;N1;UK
BDAY;value=date:1815-12-10
NOTE:one\\ntwo\\; three
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ
 AAAAAA
CATEGORIES:a,b\\,c"""
GMAIL = """FN:Ada Lovelace
N:Lovelace;Ada;;;
EMAIL;TYPE=INTERNET;TYPE=HOME:ada@example.org
TEL;TYPE="cell,voice";PREF=1:tel:+44-2
NOTE:a very long note that is
  folded
BDAY:--1210"""


def test_cards_of_outlook_with_soft_line_breaks(tmp_path: Path) -> None:
    (row,) = read(tmp_path, card(OUTLOOK, "2.1"))
    assert row == {
        "Last name": "Muster", "First name": "Eva", "Name": "Eva Muster", "Organization": "Firma Blau", "Department": "Einkauf",
        "Phone": "(030) 555-1234", "Mobile": "0171 1", "Street": "Weg 1", "City": "Berlin", "Postal code": "10115",
        "Country": "Germany", "E-mail": "eva@example.org", "Note": "first\r\nsecond: line end",
    }  # fmt: skip


def test_cards_of_lotus_with_pictures_and_agents(tmp_path: Path) -> None:
    (row,) = read(tmp_path, card(LOTUS, "2.1"))
    assert row == {"Last name": "Muster", "First name": "Eva", "Website": "http://example.org/a", "Title": "Boss"}


def test_cards_of_android_iphone_and_gmail(tmp_path: Path) -> None:
    android, iphone, gmail = read(tmp_path, card(ANDROID, "2.1") + card(IPHONE) + card(GMAIL, "4.0"))
    assert (android["Name"], android["Last name"], android["Mobile"], android["Note"]) == (
        "Jörg Müller", "Müller", "0301234", "einszwei",
    )  # fmt: skip
    assert iphone == {
        "Last name": "Lovelace", "First name": "Ada", "Name": "Ada Lovelace", "E-mail": "ada@example.org", "Phone": "+44 1",
        "Mobile": "+44 2", "Street": "1 Long, Road\nFlat 2", "City": "London", "Postal code": "N1", "Country": "UK",
        "Birthday": "1815-12-10", "Note": "one\ntwo; three", "Categories": "a; b,c",
    }  # fmt: skip
    assert (gmail["Mobile"], gmail["Note"], gmail["Birthday"]) == ("+44-2", "a very long note that is folded", "--1210")


def test_a_folder_of_windows_is_no_line_break_in_old_cards(tmp_path: Path) -> None:
    old, new = read(tmp_path, card("FN:A\nNOTE:C:\\new\\x", "2.1") + card("FN:B\nNOTE:C:\\\\new", "3.0"))
    assert (old["Note"], new["Note"]) == ("C:\\new\\x", "C:\\new")


def test_a_note_that_goes_on_without_an_indent_is_kept(tmp_path: Path) -> None:
    (row,) = read(tmp_path, card("FN:Ada\nNOTE:one\ntwo words\nTEL:1"))
    assert (row["Note"], row["Phone"]) == ("one\ntwo words", "1")


def test_each_card_that_is_lost_is_listed_with_the_reason(tmp_path: Path) -> None:
    many = "FN:Many\n" + "\n".join(f"EMAIL:{n}@example.org" for n in range(300))
    content = (
        card("FN:Ada")
        + "BEGIN:VCARD\r\nFN:No end\r\n"
        + card(":nothing")
        + card(many)
        + "stray\r\n"
        + card("FN:Bob")
        + card("X-A:b")
    )
    rows = read(tmp_path, content)
    assert [r.get("Name") for r in rows] == ["Ada", None, None, None, None, "Bob", None]
    reasons = ["no end", "none of a card", "more than 100", "no card", "nothing"]
    assert [next(w for w in reasons if w in r[BROKEN]) for r in rows if BROKEN in r] == reasons
    assert all(r[""] for r in rows if BROKEN in r)


def test_a_picture_of_megabytes_is_no_reason_to_refuse_a_card(tmp_path: Path) -> None:
    picture = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\n ".join(["A" * 74] * 120_000)
    assert read(tmp_path, card(f"FN:Ada\n{picture}\nTEL:1")) == [{"Name": "Ada", "Phone": "1"}]


def test_a_file_without_one_card_that_can_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no card of the file can be read; the card cannot be read: it has no end"):
        read(tmp_path, "BEGIN:VCARD\r\nFN:Ada\r\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_cards_in_old_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    content = card("FN:Jürgen Groß\nNOTE:Größe") + card("FN:Zoë Müller")
    assert [r["Name"] for r in read(tmp_path, content.encode(encoding))] == ["Jürgen Groß", "Zoë Müller"]
