"""What is given away: the bundle runs where there is no Python, and the Debian package is installed, used, upgraded, removed
and purged. Both are made of one bundle, so they share a file and a worker."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import requests
from box import eventually
from machine import Machine, any_machine
from packaged import NOTHING_ELSE, TOP, Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="bundles and packages of Linux"),
    pytest.mark.timeout(600),  # the bundle alone takes half a minute of a free core
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once; INGOT_BUNDLE names one that is there already."""
    if os.environ.get("INGOT_BUNDLE"):
        return Path(os.environ["INGOT_BUNDLE"])
    pytest.importorskip("PyInstaller") if not os.environ.get("CI") else None
    target = tmp_path_factory.mktemp("bundle")
    subprocess.run([sys.executable, TOP / "packaging/bundle.py", target], check=True, stdout=subprocess.DEVNULL)
    return target / "ingot"


def test_the_bundle_serves_imports_and_shows_its_panel_without_python(bundle: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**NOTHING_ELSE, "HOME": str(tmp_path), "INGOT_HOME": str(home)}
    assert shutil.which("python3", path=environment["PATH"]) is None
    program = Program([str(bundle / "ingot"), "serve", "--port", "0"], [str(bundle / "ingot")], environment)
    try:
        program.start()
        page = requests.get(program.address + "/sign-in", timeout=20)
        assets = re.findall(r'"(/static/[^"]+)"', page.text)
        assert page.ok and len(assets) > 3
        assert [a for a in assets if not requests.get(program.address + a, timeout=20).ok] == []
        program.sign_in()
        program.make_offices()
        # an import is a heavy job: it runs in a process that the bundle starts out of itself
        program.import_offices(b"city\nPorto\nFaro\n")
        eventually(lambda: program.cities() == ["Faro", "Lisbon", "Porto"])
        eventually(lambda: program.found("porto") == 1)
        _open_panel_twice(bundle, {**environment, "QT_QPA_PLATFORM": "offscreen"})
        program.stop()
    finally:
        program.end()


def _open_panel_twice(bundle: Path, environment: dict[str, str]) -> None:
    """The second start brings the first panel forward and ends with 0: the first one listens, so its window is there."""
    panel = [str(bundle / "ingot-panel")]
    with tempfile.TemporaryDirectory() as folder:  # short, for the panel's own socket lies in it
        environment = {**environment, "TMPDIR": folder}
        first = subprocess.Popen(panel, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            eventually(lambda: first.poll() is not None or list(Path(folder).glob("ingot-panel-*")))
            assert first.poll() is None, first.stderr.read() if first.stderr else ""
            assert subprocess.run(panel, env=environment, timeout=30).returncode == 0
            assert first.poll() is None
        finally:
            first.kill()
            said = first.communicate()[1]
    assert "Traceback" not in said, said


def test_the_desktop_entry_is_valid() -> None:
    tool = shutil.which("desktop-file-validate")
    if not tool:
        assert not os.environ.get("CI"), "desktop-file-validate is not installed"
        pytest.skip("desktop-file-validate is not installed")
    entry = TOP / "packaging" / "desktop" / "ingot-panel.desktop"
    assert subprocess.run([tool, entry], capture_output=True, text=True).stdout == ""


def test_the_package_is_installed_used_upgraded_removed_and_purged(bundle: Path, tmp_path: Path) -> None:
    build = [sys.executable, TOP / "packaging/deb.py", "--quick", "--bundle", bundle, "--into", tmp_path, "--version"]
    made = [subprocess.run([*build, v], check=True, capture_output=True, text=True).stdout for v in ("0.0.1", "0.0.2")]
    old, new = (Path(said.split()[0].rstrip(":")) for said in made)
    with any_machine() as machine:
        try:
            _live_on(machine, old, new)
        finally:
            _by_hand.end()


class _ByHand:
    """Where no systemd starts it we do, as the unit says: its ExecStart, as its User, with its Environment."""

    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        unit = Path("/lib/systemd/system/ingot.service").read_text().splitlines()
        said = dict(line.partition("=")[::2] for line in unit if "=" in line and not line.startswith("#"))
        name, _, value = said["Environment"].partition("=")
        self.process = subprocess.Popen(
            shlex.split(said["ExecStart"]), user=said["User"], group=said["Group"], env={"PATH": "/usr/bin:/bin", name: value},
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()


_by_hand = _ByHand()


def _live_on(machine: Machine, old: Path, new: Path) -> None:
    home = machine.root / "var/lib/ingot"
    inside = [shutil.copy(package, machine.root / "opt") for package in (old, new)] if machine.systemd else []
    packages = [f"/opt/{package.name}" for package in (old, new)] if inside else [str(old), str(new)]

    told = machine.run("dpkg", "--no-triggers", "-i", packages[0])
    assert "sudo ingot user add" in told
    owner = machine.run("getent", "passwd", "ingot").split(":")
    assert owner[5] == "/var/lib/ingot" and int(owner[2]) < 1000
    assert (home.stat().st_uid, home.stat().st_mode & 0o777) == (int(owner[2]), 0o700)

    first = _ready(machine)
    address = first["addresses"][0]
    assert '"status":"ok"' in machine.ask("GET", address + "/readyz")
    assert machine.run("runuser", "-u", "ingot", "--", "ingot", "status").startswith("ready")
    machine.run("ingot", "user", "add", "ada@example.org", "--role", "admin")  # root becomes the service's user for it
    token = machine.run("ingot", "token", "create", "--user", "ada@example.org", "--name", "packaging").strip()
    fields = [{"name": "city", "required": True}]
    machine.ask("POST", address + "/api/entities", token, name="office", plural="offices", fields=fields)
    machine.ask("POST", address + "/api/offices", token, city="Lisbon")

    machine.run("dpkg", "--no-triggers", "-i", packages[1])  # stops the old one first, and starts the new one
    second = _ready(machine)
    assert second["pid"] != first["pid"]
    assert "Lisbon" in machine.ask("GET", second["addresses"][0] + "/api/offices", token)
    assert {file.stat().st_uid for file in home.rglob("*")} == {int(owner[2])}

    machine.run("ingot", "backup")
    told = machine.run("dpkg", "--no-triggers", "--remove", "ingot")
    assert "/var/lib/ingot" in told
    assert not (machine.root / "proc" / str(second["pid"])).exists() or (
        _by_hand.process and _by_hand.process.wait(15) == 0
    )
    assert (home / "ingot.db").exists()

    told = machine.run("dpkg", "--no-triggers", "--purge", "ingot")
    kept = next(word for word in told.split() if word.startswith("/var/backups/ingot")).rstrip(".")
    assert list((machine.root / kept.lstrip("/")).glob("*.ingot"))
    shutil.rmtree(machine.root / kept.lstrip("/"))
    places = ["var/lib/ingot", "etc/ingot", "usr/lib/ingot", "usr/bin/ingot", "lib/systemd/system/ingot.service"]
    left = [machine.root / place for place in places] + list((machine.root / "etc/systemd").rglob("ingot*"))
    assert [str(place) for place in left if place.exists() or place.is_symlink()] == []
    machine.run("getent", "passwd", "ingot", fails=True)


def _ready(machine: Machine) -> dict[str, Any]:
    """Its status, once it is there; without systemd it is started here, by the unit's words."""
    if not machine.systemd:
        settings = Path("/var/lib/ingot/settings.toml")
        settings.write_text("port = 0\n")
        shutil.chown(settings, "ingot", "ingot")
        _by_hand.start()
        eventually(
            lambda: (
                (Path("/var/lib/ingot/run/ingot.json").exists())
                and "ready" in Path("/var/lib/ingot/run/ingot.json").read_text()
            )
        )
    else:
        assert machine.run("systemctl", "is-active", "ingot").strip() == "active"  # Type=notify: it has said so itself
    return dict(json.loads(machine.run("ingot", "status", "--json")))
