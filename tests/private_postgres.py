"""A PostgreSQL of our own for the tests: fresh data folder, Unix socket only, one database per test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

_USER = "postgres"
_ROOM = 2 << 30  # bytes: a server with a few databases takes 100 MB, and each test process has one
_DEBIAN = Path("/usr/lib/postgresql")


def _binaries() -> Path | None:
    """Where initdb and postgres lie: Debian keeps them off the PATH."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PrivatePostgres:
    """A running server. `url()` makes a new database, empty or like another, and returns its URL."""

    def __init__(self, folder: Path, binaries: Path):
        self._folder = folder
        self._names = (f"test_{n}" for n in itertools.count(1))
        # PostgreSQL refuses root; the folder must belong to whoever runs it.
        self._as: dict[str, str] = {"user": _USER} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, _USER)
        data = folder / "data"
        setup = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", _USER]
        setup += ["--locale=C.UTF-8", "-E", "UTF8", "--no-sync"]
        subprocess.run(setup, check=True, cwd="/", capture_output=True, **self._as)  # type: ignore[call-overload]
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "autovacuum": "off",
            "max_connections": "60",
        }
        command = [str(binaries / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._log, self._command = (folder / "log").open("wb"), command
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd="/", stdout=self._log, stderr=self._log, **self._as)  # type: ignore[call-overload]
        self._wait()

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's "fast" stop, SIGQUIT as if it had crashed; `start` starts it again."""
        self._process.send_signal(how)
        self._process.wait(30)

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres").close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.05)

    def url(self, like: str = "template0") -> str:
        """`like` is the name of a database nobody is connected to."""
        import psycopg

        name = next(self._names)
        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY FILE_COPY")
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """A database is a thousand files: it goes as soon as its test has ended, whoever is still connected."""
        import psycopg

        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.name_of(url)} WITH (FORCE)")

    @staticmethod
    def name_of(url: str) -> str:
        return url.partition("@/")[2].partition("?")[0]

    def url_of(self, name: str) -> str:
        return f"postgresql://{_USER}@/{name}?host={quote(str(self._folder), safe='/')}"

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)  # "immediate": nothing of it is wanted any more
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _memory() -> str | None:
    """A folder in memory where a new database takes 10 ms instead of 70 on disk; None where there is none or little room."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and shutil.disk_usage(shared).free > _ROOM else None


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Start one, stop it afterwards. Skips the test where PostgreSQL is not installed; fails it when CI is set."""
    binaries = _binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI must test on it")
        pytest.skip("PostgreSQL is not installed")
    # Not pytest's own temporary folder: that is closed to other users, and socket paths must stay under 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ingot-pg-", dir=_memory()))
    server = PrivatePostgres(folder, binaries)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
