"""One process per home, or one per role: a lock on `<home>/run/lock` that the kernel lets go when its holder dies, however
it dies. A whole process holds it alone; those with one role share it, and each holds its role's own lock beside."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.run import run_file
from appliance.run.exit_codes import HOME_IN_USE

if sys.platform == "win32":
    import msvcrt

    def lock_file(file: int, shared: bool) -> None:
        if not shared:  # Windows has no shared lock here: a whole process and one with a role are not kept apart
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock_file(file: int, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


class HomeLock:
    """Held for life by the server, and by commands that need the home for themselves (restore, move)."""

    def __init__(self, home: Home):
        self._home = home
        self._files: list[int] = []

    def acquire(self, patience_seconds: float = 0.5) -> None:
        """Raises StartRefused (exit code 7) naming the holder. The patience is for a holder that is just leaving."""
        until = time.monotonic() + patience_seconds
        self._take(self._home.lock, shared=bool(self._home.role), until=until)
        if self._home.role:
            self._take(self._home.run / "lock", shared=False, until=until)

    def _take(self, place: Path, *, shared: bool, until: float) -> None:
        file = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            try:
                lock_file(file, shared)
            except OSError:
                if time.monotonic() < until:
                    time.sleep(0.02)
                    continue
                os.close(file)
                self.release()
                raise self._refused() from None
            self._files.append(file)
            return

    def release(self) -> None:
        while self._files:
            os.close(self._files.pop())

    def __enter__(self) -> HomeLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _refused(self) -> StartRefused:
        homes = run_file.homes(self._home.root)
        holder = next((found for found in map(run_file.read, homes) if found), None)
        if holder is None:
            return StartRefused(
                say("The home folder {home} is in use by another Ingot process.", home=self._home.root), HOME_IN_USE
            )
        if not holder.addresses:
            return StartRefused(
                say(
                    "The home folder {home} is in use by Ingot process {pid}, which is {state}.",
                    home=self._home.root,
                    pid=holder.pid,
                    state=holder.state,
                ),
                HOME_IN_USE,
            )
        return StartRefused(
            say(
                "The home folder {home} is in use by Ingot process {pid} at {address}.",
                home=self._home.root,
                pid=holder.pid,
                address=holder.addresses[0],
            ),
            HOME_IN_USE,
        )
