"""Builds dist/ingot_VERSION_ARCHITECTURE.deb out of the bundle: `python packaging/deb.py [--quick]`.

The bundle is half the size of a virtual environment with the same in it, and needs no Python of the system (figures in
packaging/README.md). No debhelper: its part here is four small scripts."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

import bundle
import icons

TOP = Path(__file__).resolve().parent.parent
HERE = TOP / "packaging" / "deb"

QUICK, SMALL = ["-Zzstd", "-z1"], ["-Zxz", "-z6"]
"""How it is packed: 2 s and 80 MB to try it, 70 s and 57 MB to give it away."""


def put(source: Path, target: Path, mode: int = 0o644) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def packed(target: Path, words: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(words, 9, mtime=0))
    target.chmod(0o644)


def maintainer() -> str:
    """Who gives the package away: Debian's own variables for it, if they are set."""
    return f"{os.environ.get('DEBFULLNAME', 'The Ingot makers')} <{os.environ.get('DEBEMAIL', 'ingot@localhost')}>"


def lay_out(root: Path, made: Path, version: str) -> None:
    """The files of the package below `root`, as they lie on the machine it is installed on."""
    shutil.copytree(made, root / "usr/lib/ingot", symlinks=True)
    put(HERE / "ingot.sh", root / "usr/bin/ingot", 0o755)
    (root / "usr/bin/ingot-panel").symlink_to("../lib/ingot/ingot-panel")
    put(TOP / "packaging/systemd/ingot.service", root / "lib/systemd/system/ingot.service")
    put(TOP / "packaging/desktop/ingot-panel.desktop", root / "usr/share/applications/ingot-panel.desktop")
    hicolor = root / "usr/share/icons/hicolor"
    put(icons.MARK, hicolor / "scalable/apps/ingot-panel.svg")
    with tempfile.TemporaryDirectory() as drawn:
        for side, picture in icons.write(Path(drawn)).items():
            put(picture, hicolor / f"{side}x{side}/apps/ingot-panel.png")
    papers = root / "usr/share/doc/ingot"
    put(HERE / "copyright", papers / "copyright")
    packed(papers / "CHANGELOG.md.gz", (TOP / "packaging/CHANGELOG.md").read_bytes())
    entry = f"ingot ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- {maintainer()}  "
    packed(papers / "changelog.gz", f"{entry}{formatdate(epoch())}\n".encode())
    packed(root / "usr/share/man/man1/ingot.1.gz", (HERE / "ingot.1").read_bytes())
    (root / "usr/share/man/man1/ingot-panel.1.gz").symlink_to("ingot.1.gz")
    put(HERE / "lintian-overrides", root / "usr/share/lintian/overrides/ingot")
    for folder in [root, *(p for p in root.rglob("*") if p.is_dir() and not p.is_symlink())]:
        folder.chmod(0o755)
    for file in (p for p in (root / "usr/lib/ingot").rglob("*") if p.is_file() and not p.is_symlink()):
        file.chmod(0o755 if file.parent == root / "usr/lib/ingot" else 0o644)


def describe(root: Path, version: str) -> None:
    """What dpkg wants to know and to run: the folder DEBIAN."""
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    told = root / "DEBIAN"
    told.mkdir()
    words = {
        "version": version,
        "maintainer": maintainer(),
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        "size": str(sum(p.stat().st_size for p in files) // 1024),
        "libc": platform.libc_ver()[1] or "2.36",
    }
    control = (HERE / "control").read_text("utf-8")
    for name, value in words.items():
        control = control.replace(f"@{name}", value)
    (told / "control").write_text(control)
    sums = [f"{hashlib.md5(p.read_bytes()).hexdigest()}  {p.relative_to(root)}\n" for p in files]
    (told / "md5sums").write_text("".join(sums))
    for script in ("postinst", "prerm", "postrm"):
        put(HERE / script, told / script, 0o755)
    told.chmod(0o755)


def build(made: Path, target: Path, version: str, packing: list[str]) -> Path:
    """Pack the bundle `made` into the folder `target`; returns the package. The time of the last commit is that
    of every file, so that the same sources give the same package."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        lay_out(root, made, version)
        describe(root, version)
        environment = {"SOURCE_DATE_EPOCH": str(epoch()), **os.environ}
        command = ["dpkg-deb", "--root-owner-group", *packing, "--build", str(root), str(target)]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return max(target.glob(f"ingot_{version}_*.deb"), key=lambda p: p.stat().st_mtime)


def epoch() -> int:
    command = ["git", "log", "-1", "--format=%ct"]
    found = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    return int(found.stdout) if found.returncode == 0 and found.stdout.strip() else int(time.time())


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="pack fast rather than small")
    options.add_argument("--version", default=bundle.version(), help="another version than that of pyproject.toml")
    options.add_argument("--bundle", type=Path, help="a bundle that is there already")
    options.add_argument("--into", type=Path, default=TOP / "dist", help="the folder for the package")
    asked = options.parse_args()
    made = asked.bundle or bundle.build(asked.into)
    package = build(made, asked.into, asked.version, QUICK if asked.quick else SMALL)
    print(f"{package}: {package.stat().st_size / 1e6:.0f} MB")
