"""Where things lie: the home folder, its run file, what ships with the panel. Plain reading, no Qt."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path

_TOP = Path(__file__).resolve().parent.parent
LOCALE = next((p for p in (_TOP / "appliance" / "_data" / "locale", _TOP / "data" / "locale") if p.is_dir()), _TOP)
MARK = next(p for p in (_TOP / "gui" / "mark.svg", _TOP / "web" / "src" / "icons" / "ingot.svg") if p.is_file())


@dataclass(frozen=True)
class RunFile:
    """What the server wrote about itself. A killed one leaves it behind: see `alive`."""

    pid: int
    state: str
    version: str = ""
    reason: str = ""
    control_socket: str | None = None
    control_address: str | None = None
    control_token: str | None = None


def default_home() -> Path:
    """As the server finds it: INGOT_HOME, else the platform's folder for a user's application data."""
    return Path(os.environ["INGOT_HOME"]) if os.environ.get("INGOT_HOME") else usual_home()


def usual_home() -> Path:
    """Where nobody has said otherwise."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Ingot"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Ingot"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "ingot"


def lived_in(home: Path) -> bool:
    """Has there been an Ingot in this folder?"""
    names = ("settings.toml", "ingot.db", "installation", "run", "backups", "previous", "index")
    try:
        return any((home / name).exists() for name in names)
    except OSError:  # a name that is too long, a folder one may not look into
        return False


def installation(home: Path) -> str:
    """The id of the installation in this folder; empty where there is none (any more, or yet)."""
    try:
        return (home / "installation").read_text("utf-8").strip()[:100]
    except (OSError, ValueError):
        return ""


def established(home: Path) -> bool:
    """Was Ingot started here before? What is started again then makes no new installation."""
    try:
        return bool(installation(home)) or (home / "ingot.db").exists()
    except OSError:
        return False


def run_file(home: Path) -> RunFile | None:
    """Of the whole process, or of the one role that runs; None when nobody left one that can be understood."""
    for role in ("", "web", "worker"):
        try:
            written = json.loads((home / "run" / role / "ingot.json").read_text("utf-8"))
            known = {f.name for f in fields(RunFile)}  # a later server may have written more
            return RunFile(**{name: value for name, value in written.items() if name in known})
        except (OSError, ValueError, TypeError, AttributeError):
            continue
    return None


def alive(pid: int) -> bool:
    """Is there such a process? Where nobody can say without harm (Windows), yes: its silence at the door will tell."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")  # a dead child that nobody has waited for yet still has a number
        return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, OSError, IndexError) as error:
        return isinstance(error, PermissionError)


def held(home: Path) -> bool:
    """Is the home's lock taken? The kernel lets it go when its holder dies, so it tells a server from a process that has got
    the number of one that was killed. Where there are no such locks, or nothing to lock, yes."""
    try:
        import fcntl

        with (home / "run" / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go again at once: a start waits for half a second
    except (ImportError, OSError):
        return True
    return False


def start_log(home: Path) -> Path:
    """Where a server that the panel started writes what it could not say at its control door."""
    return home / "logs" / "start.log"


def complaint(home: Path) -> str:
    """The last sentence a server said before it gave up; empty when it said none."""
    try:
        said = start_log(home).read_text("utf-8", "replace")[-4000:].strip().splitlines()
    except OSError:
        return ""
    return said[-1].strip() if said else ""
