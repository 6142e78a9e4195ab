"""What an installation stands on, looked at before a start and every few seconds after it: room on the disk, the home's
permissions, the clock. Each trouble is a sentence with its remedy; one that is `down` refuses a start."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.reasons import why
from appliance.base.text import Text, say, told
from appliance.run import ports, run_file
from appliance.run.exit_codes import DISK_FULL, HOME_UNUSABLE
from appliance.run.services import Health
from appliance.run.trying import port_is_free

MB = 1_000_000
LEAST_FREE = 50 * MB  # below it not even a start's own writes are safe: SQLite, the index and the log need some
LITTLE_FREE = 500 * MB
RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
"""No clock that is right shows an earlier time: this release was made then."""
STEP = 120.0  # seconds; what NTP corrects is less
_WRITTEN = (".db", ".db-wal", ".db-shm", ".gate", ".log", ".lock")
"""Endings of the files that must be writable for a start."""
HOUR, YEAR = 3600.0, 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Check:
    """`look` is cheap enough to be asked every few seconds. `exit_code`: what its `down` ends a start with."""

    name: str
    look: Callable[[], Health]
    exit_code: int = 0


class Ground:
    """The checks of one home. `begin` before a start, `mark` while it runs, for the next start's look at the clock."""

    def __init__(self, home: Home, least_free: int = LEAST_FREE, little_free: int = LITTLE_FREE):
        self._home, self._least, self._little = home, least_free, little_free
        self._clock = Clock(home.root / "run" / "last-alive")
        self._opened: Text | None = None
        self._ran = False  # before its first moment the folders of a new home are not made yet
        self.checks = (
            Check("home", self._home_folder, HOME_UNUSABLE),
            Check("disk", self._disk, DISK_FULL),
            Check("clock", self._clock.look),
        )

    def health(self) -> dict[str, Health]:
        """As it runs. A disk that would refuse a start is no end of one that runs: reading goes on."""
        found = {check.name: check.look() for check in self.checks}
        if found["disk"].state == "down":
            found["disk"] = Health("degraded", found["disk"].reason)
        return found

    def begin(self) -> list[Health]:
        """Look at all of it: what is wrong without being in the way. Raises StartRefused for what is in the way, with the
        exit code of its kind."""
        found = []
        for check in self.checks:
            health = check.look()
            if health.state == "down" and check.exit_code:
                raise StartRefused(getattr(health.reason, "text", health.reason), check.exit_code)
            if health.state != "ok":
                found.append(health)
        return found

    def tighten(self) -> None:
        """Others of this machine lose what they could do in the home; that they could is told as long as this runs."""
        with contextlib.suppress(OSError):
            home = self._home.root
            mode = home.stat().st_mode & 0o777
            if not (os.name == "posix" and mode & 0o077 and _mine(home)):
                return
            home.chmod(0o700)
            if not self._home.database.exists():  # a new one: there was nothing to see
                return
            if mode & 0o022:
                self._opened = say(
                    "Other users of this computer could write in the home folder {home} (mode {mode}); it is closed now (700). "
                    "Whoever could may have: look who uses this computer.", home=home, mode=f"{mode:o}",
                )  # fmt: skip
            else:
                self._opened = say(
                    "Other users of this computer could read the home folder {home} (mode {mode}); it is closed now (700).",
                    home=home, mode=f"{mode:o}",
                )  # fmt: skip

    def mark(self) -> None:
        """It is alive now."""
        self._ran = True
        self._clock.mark()

    # ------------------------------------------------------------------ one by one

    def _home_folder(self) -> Health:
        home = self._home.root
        if not home.exists():
            return Health("down", told(say("The home folder {home} is not there.", home=home)))
        if not os.access(home, os.W_OK | os.X_OK):
            return Health("down", told(_not_writable(home)))
        if os.name == "posix" and not _mine(home):
            text = say(
                "The home folder {home} belongs to {owner}, and Ingot runs as {me}: files it makes may be closed to {owner}. "
                "Start it as {owner}, or give the folder away: chown -R {me} {home}",
                home=home, owner=_user(home.stat().st_uid), me=_user(os.geteuid()),
            )  # fmt: skip
            return Health("degraded", told(text))
        if self._ran and not self._home.files.is_dir():
            text = say(
                "The folder {folder} is gone: files can neither be read nor stored. Is its disk mounted?",
                folder=self._home.files,
            )
            return Health("down", told(text))
        return Health("degraded", told(self._opened)) if self._opened else Health()

    def _disk(self) -> Health:
        """The home's, and the temporary folder's where that is another one."""
        try:
            free = shutil.disk_usage(self._home.root).free
        except OSError as error:
            return Health("down", str(error))
        size, home = _size(free), self._home.root
        if free < self._least:
            return Health("down", told(_full(home, free, self._least)))
        if free < self._little:
            text = say(
                "The disk that holds {home} is nearly full: {free} are free. Delete what is not needed there, old backups first.",
                home=home,
                free=size,
            )
            return Health("degraded", told(text))
        return Health("ok", told(say("{free} free", free=size)))


def port(home: Home, host: str, number: int) -> Health:
    """Can it be listened on? `ok` too when this home's own process does."""
    if number == 0:
        return Health("ok", told(say("any free one")))
    wrong = port_is_free(host)(number)
    if wrong is None:
        return Health("ok", told(say("free")))
    own = [found.pid for found in map(run_file.read, run_file.homes(home.root)) if found]
    if ports.holder(number) in own:
        return Health("ok", told(say("Ingot runs there")))
    return Health("down", told(wrong))


class Clock:
    """Sessions, schedules and the log go by the wall's clock. One that steps is told of: until the next start, for what was
    written meanwhile keeps its time."""

    def __init__(self, kept: Path):
        self._kept = kept
        self._before = self._read()
        self._wall, self._running = time.time(), time.monotonic()
        self._stepped: Text | None = None

    def mark(self) -> None:
        with contextlib.suppress(OSError):  # a full disk is told of by its own check
            self._kept.write_text(str(int(time.time())))

    def _read(self) -> float | None:
        try:
            return float(self._kept.read_text())
        except (OSError, ValueError):
            return None

    def look(self) -> Health:
        now, running = time.time(), time.monotonic()
        step = (now - self._wall) - (running - self._running)
        self._wall, self._running = now, running
        if abs(step) > STEP and not _slept(step):
            self._stepped = say(
                "The computer's clock was set {which} by {span} at {at} UTC while Ingot ran; times written around then are off.",
                which=say("forward") if step > 0 else say("back"), span=_span(step), at=_moment(now),
            )  # fmt: skip
        wrong = self._plain_wrong(now)
        if wrong is not None:
            return Health("degraded", told(wrong))
        return Health("degraded", told(self._stepped)) if self._stepped else Health("ok", f"{_moment(now)} UTC")

    def _plain_wrong(self, now: float) -> Text | None:
        if now < RELEASED.timestamp() or now > RELEASED.timestamp() + 30 * YEAR:
            return say(
                "The computer's clock shows {at} UTC, which cannot be: set it, or let it set itself (timedatectl set-ntp true).",
                at=_moment(now),
            )
        if self._before is not None and now < self._before - HOUR:
            return say(
                "The computer's clock shows {at} UTC, {span} before Ingot last ran: it was set back, or is wrong now.",
                at=_moment(now),
                span=_span(self._before - now),
            )
        if self._before is not None and now > self._before + YEAR:
            return say(
                "The computer's clock shows {at} UTC, {span} after Ingot last ran: look whether it is right.",
                at=_moment(now),
                span=_span(now - self._before),
            )
        return None


def _slept(step: float) -> bool:
    """A computer that slept: the wall went on, and Linux' monotonic clock stood still; it counts sleep in another one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    if boot is None or step < 0:
        return step > 0 and sys.platform != "linux"
    now = time.clock_gettime(boot) - time.monotonic()
    before, _slept_before[0] = _slept_before[0], now
    return abs(step - (now - before)) < STEP


_slept_before = [time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic() if hasattr(time, "CLOCK_BOOTTIME") else 0.0]


def prepare(home: Home) -> Ground:
    """Close a home that is open to others and make what is missing in it. Raises StartRefused when there can be none."""
    ground = Ground(home)
    ground.tighten()
    if (wrong := in_the_way(home)) is not None:
        raise StartRefused(wrong, HOME_UNUSABLE)
    try:
        home.create()
    except OSError as error:
        raise refusal(home.root, error) from None
    if (wrong := unusable(home)) is not None:
        raise StartRefused(wrong, HOME_UNUSABLE)
    return ground


def unusable(home: Home) -> Text | None:
    """Why a start would be refused for what lies in the home. Makes nothing: `ingot check` asks too."""
    if (wrong := in_the_way(home)) is not None:
        return wrong
    closed = _closed_to_us(home)
    return _left_by_another(home.root, closed) if closed is not None else None


_MADE_ANEW = ("index", "cache", "run", "logs")


def in_the_way(home: Home) -> Text | None:
    """The first that has the name of a folder or a file of ours and is something else."""
    for folder in (home.root, home.index, home.cache, home.files, home.backups, home.logs, home.root / "run"):
        if os.path.lexists(folder) and not folder.is_dir():
            return _no_folder(folder, made_anew=folder.name in _MADE_ANEW)
    own = [Path(f"{home.database}{end}") for end in ("-wal", "-shm", ".gate")]
    for file in (*own, home.lock, home.logs / "ingot.log"):
        if file.is_dir():
            return say("{file} is a folder, and Ingot needs a file of that name: move the folder away.", file=file)
    return None


def _no_folder(folder: Path, *, made_anew: bool) -> Text:
    if folder.is_symlink() and not folder.exists():
        return say(
            "{folder} is a link to {target}, which is not there. Is its disk mounted?",
            folder=folder, target=folder.readlink(),
        )  # fmt: skip
    if made_anew:
        return say("{folder} is a file, and must be a folder: delete it, Ingot makes the folder anew.", folder=folder)
    return say(
        "{folder} is a file, and must be a folder: move the file away, and put back the folder that was there.",
        folder=folder,
    )


def _closed_to_us(home: Home) -> Path | None:
    """Somebody started Ingot by sudo once, and what it made then is theirs: the first of it that is in the way."""
    folders = [home.run, home.logs, home.index, home.cache, home.files, home.root / "tls"]
    for folder in filter(Path.exists, folders):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return folder
    files = [*home.root.glob("ingot.db*"), *(home.root / "run").glob("lock")]
    files += [file for folder in folders if folder.exists() for file in folder.iterdir()]
    return next((file for file in files if not os.access(file, _wanted(file)) and not file.is_symlink()), None)


def _wanted(file: Path) -> int:
    if file.is_dir():
        return os.R_OK | os.W_OK | os.X_OK
    return os.R_OK | os.W_OK if file.suffix in _WRITTEN or file.name == "lock" else os.R_OK


def _left_by_another(home: Path, closed: Path) -> Text:
    me = _user(os.geteuid()) if os.name == "posix" else os.environ.get("USERNAME", "?")
    owner = _user(closed.stat().st_uid) if os.name == "posix" else "?"
    if os.name == "posix" and _mine(closed):
        return say(
            "Ingot may not use {file}, which is its own: its mode is {mode}. Give the rights back: chmod -R u+rwX {home}",
            file=closed, mode=f"{closed.stat().st_mode & 0o777:03o}", home=home,
        )  # fmt: skip
    return say(
        "{file} belongs to {owner}, and Ingot runs as {me}, who may not use it: somebody started Ingot here as {owner}. Give the "
        "whole folder back: sudo chown -R {me} {home}",
        file=closed, owner=owner, me=me, home=home,
    )  # fmt: skip


def refusal(home: Path, error: OSError) -> StartRefused:
    """Why a home cannot be made or used at all."""
    if isinstance(error, PermissionError):
        return StartRefused(_not_writable(home), HOME_UNUSABLE)
    if error.errno == errno.ENOSPC:
        return StartRefused(_full(home, 0, LEAST_FREE), DISK_FULL)
    text = say("The home folder {home} cannot be used: {why}", home=home, why=why(error))
    return StartRefused(text, HOME_UNUSABLE)


def _full(home: Path, free: int, least: int) -> Text:
    return say(
        "The disk that holds {home} is full: {free} are free, {least} MB are needed. Delete what is not needed there, "
        "old backups first, or move the home to a larger disk.",
        home=home, free=_size(free), least=least // MB,
    )  # fmt: skip


def _not_writable(home: Path) -> Text:
    return say(
        "Ingot runs as {me} and may not write in the home folder {home}. Start it as the folder's owner, or choose another "
        "folder with --home.",
        me=_user(os.geteuid()) if os.name == "posix" else os.environ.get("USERNAME", "?"),
        home=home,
    )


def _mine(folder: Path) -> bool:
    return os.name != "posix" or folder.stat().st_uid == os.geteuid()


def _user(number: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _span(seconds: float) -> Text:
    seconds = abs(seconds)
    if seconds >= 2 * 86_400:
        return say("{count} days", count=round(seconds / 86_400))
    if seconds >= 2 * HOUR:
        return say("{count} hours", count=round(seconds / HOUR))
    return say("{count} minutes", count=round(seconds / 60))
