"""Builds and checks whatever can be built here: `python packaging/check.py [--into FOLDER] [--small]`. It says of each thing
whether it is good, wrong, or could not be looked at, and why; ends with 1 when something is wrong. Installing the Debian package
is for the tests (INGOT_PACKAGING=1 pytest tests/packaging, as root): it changes the machine."""

from __future__ import annotations

import argparse
import os
import plistlib
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
HERE = TOP / "packaging"
NO_PYTHON = {"PATH": "/nonexistent", "LANG": "C.UTF-8", "HOME": "/nonexistent"}


class Unable(Exception):
    """This cannot be checked here; the message says what is missing."""


class Wrong(Exception):
    """It is broken; the message says how."""


def tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Unable(f"{name} is not installed")
    return found


def run(*words: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(words, cwd=TOP, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Wrong((done.stdout + done.stderr).strip()[-2000:] or f"{words[0]} ended with {done.returncode}")
    return done.stdout + done.stderr


def megabytes(path: Path) -> str:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return f"{path.name}, {sum(p.lstat().st_size for p in files) / 1e6:.0f} MB"


class Checks:
    def __init__(self, into: Path, small: bool):
        self.into, self.small = into, small

    def wheel(self) -> str:
        run(tool("uv"), "build", "--quiet", "--wheel", "--out-dir", self.into, TOP)
        made = max(self.into.glob("*.whl"), key=lambda p: p.stat().st_mtime)
        inside = zipfile.ZipFile(made).namelist()
        missing = [
            one for one in ("appliance/_web/dist/manifest.json", "appliance/_data/locale/de.json") if one not in inside
        ]
        if missing:
            raise Wrong(f"{made.name} lacks {', '.join(missing)}")
        return megabytes(made)

    def bundle(self) -> str:
        try:
            import PyInstaller  # noqa: F401
        except ImportError:
            raise Unable("PyInstaller is not installed (uv sync brings it)") from None
        run(sys.executable, HERE / "bundle.py", self.into)
        program = self.into / "ingot" / ("ingot.exe" if os.name == "nt" else "ingot")
        said = run(program, "--version", env=None if os.name == "nt" else NO_PYTHON).strip()
        return f"{megabytes(self.into / 'ingot')}; without Python it says: {said}"

    def debian_package(self) -> str:
        tool("dpkg-deb")
        if not (self.into / "ingot").is_dir():
            raise Unable("there is no bundle to make it of")
        quick = [] if self.small else ["--quick"]
        run(sys.executable, HERE / "deb.py", "--bundle", self.into / "ingot", "--into", self.into, *quick)
        made = max(self.into.glob("*.deb"), key=lambda p: p.stat().st_mtime)
        listed = run("dpkg-deb", "-c", made)
        if "root/root" not in listed or "./usr/bin/ingot\n" not in listed:
            raise Wrong("its files are not root's, or /usr/bin/ingot is missing")
        return megabytes(made)

    def lintian(self) -> str:
        made = next(iter(self.into.glob("*.deb")), None)
        if made is None:
            raise Unable("there is no Debian package to look at")
        done = subprocess.run([tool("lintian"), "--allow-root", made], capture_output=True, text=True)
        # lintian of Debian 12 does not know zstd yet; who gives the package away says under which address
        told = [s for s in done.stdout.splitlines() if s.strip() and "tar.zst" not in s and "bogus-mail-host" not in s]
        if told:
            raise Wrong("\n".join(told))
        return "nothing found"

    def systemd_units(self) -> str:
        tool("systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "ingot"
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
            for unit in sorted((HERE / "systemd").glob("*.service")):
                words = unit.read_text("utf-8")
                for place in ("/usr/bin/ingot", "%h/.local/bin/ingot"):
                    words = words.replace(place, str(program))
                (Path(folder) / "ingot.service").write_text(words)
                said = run("systemd-analyze", "verify", "--man=no", Path(folder) / "ingot.service")
                if "ingot.service" in said:
                    raise Wrong(f"{unit.name}: {said}")
        return "the service of the machine and that of a user"

    def desktop_entry(self) -> str:
        run(tool("desktop-file-validate"), HERE / "desktop" / "ingot-panel.desktop")
        return "ingot-panel.desktop"

    def nginx(self) -> str:
        tool("nginx")
        tool("openssl")
        with tempfile.TemporaryDirectory() as folder:
            key, certificate, whole = (Path(folder) / name for name in ("key.pem", "certificate.pem", "nginx.conf"))
            run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ingot",
                "-keyout", key, "-out", certificate)  # fmt: skip
            words = (HERE / "nginx.conf").read_text("utf-8")
            words = words.replace("/etc/ssl/ingot.pem", str(certificate)).replace("/etc/ssl/ingot.key", str(key))
            whole.write_text(f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{words}\n}}\n")
            run("nginx", "-t", "-q", "-c", whole)
        return "nginx.conf"

    def container(self) -> str:
        for name in ("podman", "docker"):
            if (program := shutil.which(name)) and not subprocess.run(
                [program, "info"], capture_output=True
            ).returncode:
                run(program, "build", "-f", HERE / "container" / "Containerfile", "-t", "ingot-check", TOP)
                return f"built by {name}"
        raise Unable("neither podman nor docker is at work")

    def windows_and_macos(self) -> str:
        """Are they well formed? Whether they work nobody has tried."""
        plistlib.loads((HERE / "macos" / "org.ingot.server.plist").read_bytes())
        ElementTree.parse(HERE / "windows" / "ingot-service.xml")
        raise Unable("the recipes are well formed; they need their systems, and are untested")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--into", type=Path, default=TOP / "dist", help="where what is built goes")
    options.add_argument("--small", action="store_true", help="pack small rather than fast, to give it away")
    asked = options.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    checks = Checks(asked.into.resolve(), asked.small)
    order: list[Callable[[], str]] = [
        checks.wheel, checks.bundle, checks.debian_package, checks.lintian, checks.systemd_units, checks.desktop_entry,
        checks.nginx, checks.container, checks.windows_and_macos,
    ]  # fmt: skip
    wrong = 0
    for check in order:
        began = time.monotonic()
        try:
            word, told = "good", check()
        except Unable as why:
            word, told = "not checked", str(why)
        except Wrong as why:
            word, told = "WRONG", str(why)
            wrong += 1
        print(f"{check.__name__.replace('_', ' '):18} {word:12} {time.monotonic() - began:5.1f} s  {told}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
