"""`apt purge` keeps the backups and says where. The script itself, with its folders moved to a place of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "deb" / "postrm"


def purge(root: Path) -> str:
    text = SCRIPT.read_text("utf-8").replace("/var/", f"{root}/var/").replace("/run/", f"{root}/run/")
    for tool in ("deb-systemd-helper", "getent", "chown"):  # of this machine nothing is touched
        text = text.replace(tool, "false" if tool == "getent" else "true")
    done = subprocess.run(["sh", "-e", "-c", text, "postrm", "purge"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def home(root: Path, *backups: str) -> Path:
    place = root / "var/lib/ingot"
    (place / "backups").mkdir(parents=True)
    (place / "ingot.db").write_bytes(b"x")
    for name in backups:
        (place / "backups" / name).write_bytes(name.encode())
    return place


def test_backups_are_kept_and_it_is_said_where(tmp_path: Path) -> None:
    place = home(tmp_path, "monday.ingot", "before-1.db")
    said = purge(tmp_path)
    kept = tmp_path / "var/backups/ingot"
    assert str(kept) in said and not place.exists()
    assert sorted(p.name for p in kept.iterdir()) == ["before-1.db", "monday.ingot"]
    assert kept.stat().st_mode & 0o077 == 0


def test_a_second_purge_does_not_touch_what_the_first_has_kept(tmp_path: Path) -> None:
    home(tmp_path, "monday.ingot")
    purge(tmp_path)
    home(tmp_path, "monday.ingot")
    purge(tmp_path)
    assert len(list((tmp_path / "var/backups").glob("ingot*/monday.ingot"))) == 2


def test_without_backups_nothing_is_left(tmp_path: Path) -> None:
    place = home(tmp_path)
    assert "kept" not in purge(tmp_path)
    assert not place.exists() and not (tmp_path / "var/backups").exists()


def test_when_they_cannot_be_moved_nothing_is_deleted(tmp_path: Path) -> None:
    place = home(tmp_path, "monday.ingot")
    (tmp_path / "var/backups").write_text("a file in the way")
    text = SCRIPT.read_text("utf-8").replace("/var/", f"{tmp_path}/var/").replace("getent", "false")
    text = text.replace("deb-systemd-helper", "true").replace("/run/", f"{tmp_path}/run/")
    subprocess.run(["sh", "-c", text, "postrm", "purge"], capture_output=True)
    assert (place / "backups/monday.ingot").exists() and (place / "ingot.db").exists()
