"""Builds dist/ingot, the folder that runs without Python: `python packaging/bundle.py [FOLDER]`, with Ingot and
PyInstaller installed. It runs on systems like this one, with the same C library or a later one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import webassets

TOP = Path(__file__).resolve().parent.parent


def version() -> str:
    return str(tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def build(folder: Path) -> Path:
    """Build into `folder`/ingot, which is replaced; returns it. Raises CalledProcessError when PyInstaller gives up."""
    if not webassets.fresh(TOP / "web"):
        webassets.build(TOP / "web")
    work = TOP / "build" / "bundle"
    # No more than importlib.metadata asks for: an installed one tells where it came from.
    named = work / "ingot" / "ingot.dist-info"
    shutil.rmtree(named, ignore_errors=True)
    named.mkdir(parents=True)
    (named / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ingot\nVersion: {version()}\n")
    shutil.copyfile(TOP / "web" / "src" / "icons" / "ingot.svg", named.parent / "mark.svg")
    spec = TOP / "packaging" / "bundle" / "ingot.spec"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", str(folder),
               "--workpath", str(work), str(spec)]  # fmt: skip
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "1"})  # the same bytes each time
    for symbols in ("libpython*.so*", "tantivy/*.so", "cryptography/hazmat/bindings/*.so"):  # 25 MB nobody reads
        for file in (folder / "ingot" / "lib").glob(symbols):
            if shutil.which("strip"):
                subprocess.run(["strip", "--strip-unneeded", str(file)], check=True)
    return folder / "ingot"


if __name__ == "__main__":
    made = build(Path(sys.argv[1]).resolve() if sys.argv[1:] else TOP / "dist")
    size = sum(file.lstat().st_size for file in made.rglob("*") if file.is_file())
    print(f"{made}: {size / 1e6:.0f} MB")
