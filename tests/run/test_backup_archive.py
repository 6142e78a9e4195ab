"""A backup's file: opened by any ZIP tool, read back byte for byte, and one bit that flips anywhere is found."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from appliance.run.backup import archive
from appliance.run.backup.archive import Damaged

FACTS = {"version": "0.1.0", "migrations": ["0001_records"], "created_at": "2026-11-22T10:00:00.000Z", "position": 7}
TABLES, PICTURE = b"SQLite format 3\x00" + bytes(20_000), random.Random(1).randbytes(30_000)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    found = tmp_path / "one.ingot"
    with found.open("xb") as file, archive.writing(file) as writer:
        writer.add(archive.DATABASE, io.BytesIO(TABLES))
        writer.add(archive.FILES + "ab" * 32, io.BytesIO(PICTURE))
        writer.manifest(FACTS)
    return found


def test_it_is_a_zip_for_every_tool_and_says_what_it_holds(place: Path) -> None:
    manifest = archive.check(place)
    assert (manifest.position, manifest.files, manifest.size) == (7, 1, len(TABLES) + len(PICTURE))
    listing = subprocess.run([sys.executable, "-m", "zipfile", "-t", place], capture_output=True, text=True, check=True)
    assert "Done testing" in listing.stdout
    with zipfile.ZipFile(place) as opened:
        assert opened.read(archive.DATABASE) == TABLES


def test_one_flipped_bit_is_found_wherever_it_is(place: Path) -> None:
    whole = place.read_bytes()
    step = max(1, len(whole) // 400)
    places = {*range(0, len(whole), step), *range(len(whole) - 300, len(whole))}
    for n in places:
        place.write_bytes(whole[:n] + bytes([whole[n] ^ 1 << n % 8]) + whole[n + 1 :])
        with pytest.raises(Damaged):
            archive.check(place)
    place.write_bytes(whole)
    archive.check(place)


@pytest.mark.parametrize("cut", [1, 64, 100, 5_000])
def test_a_file_that_lost_its_end_is_found(place: Path, cut: int) -> None:
    place.write_bytes(place.read_bytes()[:-cut])
    with pytest.raises(Damaged):
        archive.check(place)


@pytest.mark.parametrize("content", [b"", b"PK", b"a,b\n1,2\n" * 100])
def test_a_foreign_file_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "letter.pdf"
    other.write_bytes(content)
    with pytest.raises(Damaged, match="is no backup of Ingot"):
        archive.check(other)


def test_a_backup_of_a_newer_format_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "newer.ingot"
    monkeypatch.setattr(archive, "FORMAT", 2)
    with place.open("xb") as file, archive.writing(file) as writer:
        writer.manifest({**FACTS, "version": "9.0"})
    monkeypatch.setattr(archive, "FORMAT", 1)
    with pytest.raises(Damaged, match="newer Ingot"):
        archive.check(place)
