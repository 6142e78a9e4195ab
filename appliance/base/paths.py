"""The one file that knows where things lie: what ships (`web/`, `data/`), in a checkout and in a wheel, and what a home
folder holds."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


_WALKED = ("cache", "index", "logs", "run", "tls")


def _shipped(in_wheel: str, in_checkout: str) -> Path:
    inside = _PACKAGE / in_wheel
    return inside if inside.exists() else _PACKAGE.parent / in_checkout


WEB = _shipped("_web", "web")
DATA = _shipped("_data", "data")
PACKS = DATA / "packs"
HELP = DATA / "help"
TEMPLATES = WEB / "templates"
DIST = WEB / "dist"


def default_home() -> Path:
    """The platform's folder for a user's application data."""
    if os.environ.get("INGOT_HOME"):
        return Path(os.environ["INGOT_HOME"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Ingot"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Ingot"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "ingot"


def command(words: str, home: Path, file: Path | str | None = None) -> str:
    """A command of ours as somebody can paste it: for another home than the usual one it names the home."""
    parts = ["ingot", words, *([_quoted(str(file))] if file is not None else [])]
    return " ".join(parts + ([f"--home {_quoted(str(home))}"] if home != default_home().absolute() else []))


def _quoted(text: str) -> str:
    return (
        f'"{text}"'
        if sys.platform == "win32" and " " in text
        else text
        if sys.platform == "win32"
        else shlex.quote(text)
    )


@dataclass(frozen=True, slots=True)
class Home:
    """One installation's state. `create()` makes the folders, readable by their owner alone, and closes
    what lies open in them. A process that plays one
    role alone (web, worker) keeps its run file and its control door in a folder of that name."""

    root: Path
    role: str = ""

    @property
    def database(self) -> Path:
        return self.root / "ingot.db"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run" / self.role

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    @property
    def lock(self) -> Path:
        return self.root / "run" / "lock"

    def create(self) -> Home:
        for folder in (self.root, self.index, self.cache, self.files, self.backups, self.logs, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            self.root.chmod(0o700)
            self._close()
        return self

    def _close(self) -> None:
        """What an older Ingot, or somebody by hand, left open to others of this machine. Stored files and what lies in a folder
        of somebody's own are not walked: their folders are closed."""
        for folder, deep in (
            (self.root, False),
            (self.backups, False),
            *((self.root / name, True) for name in _WALKED),
        ):
            _close_in(folder, deep=deep)


def _close_in(folder: Path, *, deep: bool) -> None:
    """Takes the rights of group and others away. Links are not followed; what is another user's or has just gone is passed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                if entry.is_symlink() or found.st_uid != os.geteuid():
                    continue
                if found.st_mode & 0o077:
                    Path(entry.path).chmod(stat.S_IMODE(found.st_mode) & 0o700)
                if deep and entry.is_dir(follow_symlinks=False):
                    _close_in(Path(entry.path), deep=True)
