"""Starts the server, asks it to stop, and ends one by force. Where it is a service of this system, its service manager does
that; else it is a process of its own. The panel never owns it: it may be closed or killed, and the server goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from PySide6.QtCore import QObject

from gui import places, texts
from gui.client import ControlClient, Trouble
from gui.service import Service, why
from gui.state import Condition
from gui.texts import say
from gui.watcher import Watcher

_LEAST = 1_000_000
"""Bytes free for a start to be tried; the server itself wants more and says so."""


def ingot(*words: str) -> tuple[str, list[str]]:
    """The program and the arguments of an `ingot` command: this interpreter, or the program beside the panel in a bundle."""
    if getattr(sys, "frozen", False):
        return str(Path(sys.executable).with_name("ingot").with_suffix(Path(sys.executable).suffix)), list(words)
    return sys.executable, ["-m", "appliance", *words]


class Launcher(QObject):
    def __init__(self, client: ControlClient, watcher: Watcher, service: Service, parent: QObject | None = None):
        super().__init__(parent)
        self._client, self._watcher, self._service = client, watcher, service
        self._then: Callable[[], None] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        watcher.changed.connect(self._changed)
        watcher.told.connect(self._reap)

    def start(self) -> None:
        """Whether it came up is for the watcher to see; `--stay` keeps its control door open when it cannot. Once is enough."""
        if self._watcher.launching:
            return
        home: Path = self._client.home
        if self._watcher.known.gone(home):  # nothing may be made there: the disk may come back
            self._watcher.look()
            return
        try:
            places.start_log(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            home.chmod(0o700)
            if shutil.disk_usage(home).free < _LEAST:  # it could not even write down why it does not start
                self._watcher.not_launched(
                    say(
                        "The disk that holds {home} is full. Delete what is not needed there, then start again.",
                        home=home,
                    )
                )
                return
        except OSError as error:
            self._watcher.not_launched(
                say("The home folder {home} cannot be used: {why}", home=home, why=texts.why(error))
            )
            return
        if not self._service.manages:
            self._start_by_hand()
        elif self._is_first():  # the service itself makes no new installation
            program, arguments = ingot("init", "--home", str(home))
            self._watcher.launched(self._service.run((program, *arguments), lambda _code, _said: self._order_start()))
        else:
            self._order_start()

    def _order_start(self) -> None:
        self._watcher.launched(self._service.order("start", self._started))

    def _is_first(self) -> bool:
        """Was nothing ever started in this folder, as far as can be known?"""
        return not places.established(self._client.home) and not self._watcher.known.id_of(self._client.home)

    def _start_by_hand(self) -> None:
        home = self._client.home
        existing = [] if self._is_first() else ["--existing"]
        program, arguments = ingot("serve", "--stay", *existing, "--home", str(home))
        try:
            complaints = places.start_log(home).open("wb")
        except OSError as error:
            why = texts.why(error)
            self._watcher.not_launched(say("{file} cannot be written: {why}", file=places.start_log(home), why=why))
            return
        try:
            with complaints:
                self._child = _detached(program, arguments, home, complaints)
        except OSError:
            self._watcher.not_launched(say("{program} cannot be started.", program=program))
        else:
            self._watcher.launched(self._child.pid)

    def stop(self, then: Callable[[], None] | None = None) -> None:
        """In good order: what is in flight is answered first. `then` is called when it has gone."""
        self._then = then
        if self._by_the_manager() and self._service.stops_freely:
            self._service.order("stop", self._stopped)
            return
        self._client.tell("stop", lambda _: self._watcher.look(), self._not_stopped)

    def restart(self) -> None:
        if self._by_the_manager() and not self._service.stops_freely:  # its door asks for no password
            self._client.tell("restart", lambda _: self._watcher.look(), lambda _: self._watcher.look())
        else:
            self.stop(self.start)

    def force(self, then: Callable[[], None] | None = None) -> None:
        """End the process as it is. What was being written is rolled back at the next start; ask before."""
        pid, self._then = self._watcher.condition.pid, then
        if pid is not None and self._watcher.condition.alive:
            if self._by_the_manager():
                self._service.order("stop", lambda _code, _said: None)  # or it would start it again at once
            os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            self._watcher.look()

    def _by_the_manager(self) -> bool:
        return self._service.runs(self._watcher.condition.pid)

    def _started(self, code: int, said: str) -> None:
        """As a service it gives up when it cannot start, and is tried again for ever. By hand it stays and says why at its door,
        where the reason (a port, say) can be changed; the restart after that is the service's again."""
        self._service.look()
        if code != 0 and self._service.stops_freely:
            self._service.order("stop", lambda _code, _said: self._start_by_hand())
        elif code != 0:
            self._watcher.not_launched(why(said))
        self._watcher.look()

    def _stopped(self, code: int, said: str) -> None:
        self._service.look()
        if code != 0:  # then its own door
            self._client.tell("stop", lambda _: self._watcher.look(), self._not_stopped)

    def _not_stopped(self, trouble: Trouble) -> None:
        """Nobody to stop: what was to come after it comes now, or not at all. It must not wait for the next end, which may be a
        crash in a month."""
        then, self._then = self._then, None
        self._watcher.look()
        if then and trouble.code == "nobody" and self._watcher.condition.kind in ("stopped", "killed"):
            then()

    def _reap(self, _status: object) -> None:
        """A child that ended keeps its number until somebody asks."""
        if self._child and self._child.poll() is not None:
            self._child = None

    def _changed(self, condition: Condition) -> None:
        self._service.look()
        if self._then and condition.kind in ("stopped", "killed"):
            then, self._then = self._then, None
            then()


def _detached(program: str, arguments: list[str], home: Path, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    """In a session of its own: no signal of the panel's terminal reaches it, and it outlives the panel. By QProcess.startDetached
    PySide6 would tell the number of the process only where its output cannot be sent anywhere."""
    return subprocess.Popen(
        [program, *arguments],
        cwd=home,  # -m looks there first, and so in no folder of anybody else
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # it prints the claim link
        stderr=complaints,
        start_new_session=True,
        creationflags=0x00000208 if os.name == "nt" else 0,  # detached, in a group of its own
    )
