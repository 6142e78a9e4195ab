"""One process per home: a lock on `<home>/run/lock` that the kernel lets go when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time

from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.base.text import say
from appliance.run import run_file
from appliance.run.exit_codes import HOME_IN_USE

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class HomeLock:
    """Held for life by the server, and by commands that need the home for themselves (restore, move)."""

    def __init__(self, home: Home):
        self._home = home
        self._file: int | None = None

    def acquire(self, patience_seconds: float = 0.5) -> None:
        """Raises StartRefused (exit code 7) naming the holder. The patience is for a holder that is just leaving."""
        file = os.open(self._home.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + patience_seconds
        while True:
            try:
                _lock(file)
            except OSError:
                if time.monotonic() < until:
                    time.sleep(0.02)
                    continue
                os.close(file)
                raise self._refused() from None
            self._file = file
            return

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> HomeLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _refused(self) -> StartRefused:
        holder = run_file.read(self._home)
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
