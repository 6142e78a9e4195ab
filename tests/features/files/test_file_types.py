"""What a file is, by its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.features.files.types import LONGEST_NAME, clean_name, shown, sniff

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)


@pytest.mark.parametrize(
    ("head", "claimed", "name", "mime"),
    [
        (PNG, "text/html", "a.html", "image/png"),
        (b"%PDF-1.7\n%\xe2\xe3", "text/plain", "", "application/pdf"),
        (b"<!DOCTYPE html><p>hi", "text/plain", "a.txt", "text/html"),
        (b"\xef\xbb\xbf \n<!-- x --><ScRiPt>alert(1)</script>", "text/csv", "a.csv", "text/html"),
        (
            b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg">',
            "image/png",
            "a.png",
            "image/svg+xml",
        ),
        ("<!DOCTYPE html>".encode("utf-16"), "text/plain", "", "text/html"),
        (b'<?xml version="1.0"?><order/>', "", "", "application/xml"),
        (b"a,b\n1,2\n", "text/csv", "", "text/csv"),
        (b"a,b\n1,2\n", "application/octet-stream", "list.CSV", "text/csv"),
        (b"a,b\n1,2\n", "text/javascript", "a.js", "text/plain"),
        (b"a,b\n1,2\n", "image/svg+xml", "", "text/plain"),
        ("Grüße, ein Satz".encode("latin-1"), "", "", "text/plain"),
        (("ä" * 5000).encode()[:8191], "", "", "text/plain"),
        (b"MZ\x90\x00\x03" + bytes(60), "text/plain", "a.txt", "application/x-msdownload"),
        (b"BM is how this sentence begins", "", "", "text/plain"),
        (b"#!/bin/sh\nrm -r x", "text/plain", "", "text/x-script"),
        (b"\x00\x01\x02\x03junk", "image/png", "a.png", "application/octet-stream"),
        (b"", "text/html", "", "text/plain"),
    ],
)
def test_the_bytes_decide_and_the_clients_word_only_tells_texts_apart(
    head: bytes, claimed: str, name: str, mime: str
) -> None:
    assert sniff(head, claimed, name) == mime


def test_nothing_that_can_run_is_shown_and_a_pdf_only_when_asked() -> None:
    assert all(shown(m) for m in ("image/png", "video/mp4", "audio/ogg", "text/plain"))
    assert not any(shown(m, asked=True) for m in ("text/html", "image/svg+xml", "application/xml", "text/x-script"))
    assert not shown("application/pdf")
    assert shown("application/pdf", asked=True)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\Bild 1.png", "Bild 1.png"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("gpj\u202eexe.txt", "gpjexe.txt"),
        ("...", "file"),
        ("u\u0308bung.md", "übung.md"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_lose_folders_and_control_characters_and_keep_their_ending(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text())
def test_any_name_becomes_a_short_one_that_cleaning_again_does_not_change(name: str) -> None:
    kept = clean_name(name)
    assert 0 < len(kept) <= LONGEST_NAME
    assert not set(kept) & set("/\\\r\n\0")
    assert clean_name(kept) == kept


@given(st.binary(max_size=200))
def test_no_bytes_are_called_html_unless_they_begin_with_a_mark(head: bytes) -> None:
    if sniff(head) in ("text/html", "image/svg+xml"):
        assert b"<" in head
