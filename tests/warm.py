"""Ingot's processes without the second of imports each: a process that has imported everything waits, and every server or
command is a fork of it. It is the same program in a process of its own (`kill -9` it, signal it, watch it exit); cold starts are
for tests/run and tests/bench. It forks on Linux only; elsewhere, and with INGOT_TESTS_COLD=1, it is `python -m appliance`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_COLD = sys.platform != "linux" or os.environ.get("INGOT_TESTS_COLD") == "1"
_LARGEST = 1 << 20  # bytes of one request: arguments and environment


class Started:
    """One running Ingot, with those of Popen's ways that tests use."""

    def __init__(self, stdout: IO[str] | None):
        self.pid, self.stdout, self.returncode = 0, stdout, None
        self.ended = threading.Event()

    returncode: int | None

    def poll(self) -> int | None:
        return self.returncode if self.ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(["ingot"], timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if not self.ended.is_set():
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Stove:
    """The waiting process, as seen from the tests: asks for forks, hears of their ends."""

    def __init__(self) -> None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()], stdin=subprocess.DEVNULL
            )
        self._socket, self._started = here, dict[int, Started]()
        self._one_at_a_time, self._pid = threading.Lock(), threading.Semaphore(0)
        self._newest: Started | None = None
        threading.Thread(target=self._listen, name="warm", daemon=True).start()

    def fork(self, asked: dict[str, Any], files: list[int], started: Started) -> Started:
        with self._one_at_a_time:
            self._newest = started
            socket.send_fds(self._socket, [json.dumps(asked).encode()], files)
            self._pid.acquire()
        return started

    def _listen(self) -> None:
        while said := self._socket.recv(4096):
            told = json.loads(said)
            if "code" in told:
                one = self._started.pop(told["pid"])
                one.returncode = told["code"]
                one.ended.set()
            else:
                assert self._newest
                self._newest.pid = told["pid"]
                self._started[told["pid"]] = self._newest
                self._pid.release()


_stove: _Stove | None = None


def start(
    *words: str, environment: Mapping[str, str], stderr: int = subprocess.DEVNULL, cold: bool = False
) -> Started | subprocess.Popen[str]:
    """`ingot WORDS` in the background; its standard output is `.stdout`. `stderr` is an open file's number, or DEVNULL."""
    if _COLD or cold:
        return subprocess.Popen(
            _command(words), stdout=subprocess.PIPE, stderr=stderr, stdin=subprocess.DEVNULL, text=True, env=environment
        )
    reading, writing = os.pipe()
    try:
        with Path(os.devnull).open("r+b") as nothing:
            errors = nothing.fileno() if stderr == subprocess.DEVNULL else stderr
            return _fork(words, environment, [nothing.fileno(), writing, errors], Started(os.fdopen(reading)))
    finally:
        os.close(writing)


def run(*words: str, environment: Mapping[str, str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """`ingot WORDS` to its end, with `text` on its standard input."""
    if _COLD:
        return subprocess.run(_command(words), capture_output=True, text=True, env=environment, input=text)
    with _file() as stdin, _file() as stdout, _file() as stderr:
        stdin.write(text or "")
        stdin.seek(0)
        one = _fork(words, environment, [f.fileno() for f in (stdin, stdout, stderr)], Started(None))
        code = one.wait(120)
        said = []
        for file in (stdout, stderr):
            file.seek(0)
            said.append(file.read())
    return subprocess.CompletedProcess(["ingot", *words], code, *said)


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "appliance", *words]


def _file() -> IO[str]:
    return os.fdopen(os.memfd_create("ingot"), "w+")


def _fork(words: tuple[str, ...], environment: Mapping[str, str], files: list[int], started: Started) -> Started:
    global _stove
    _stove = _stove or _Stove()
    asked = {"words": words, "environment": dict(environment), "folder": str(Path.cwd())}
    return _stove.fork(asked, files, started)


# ---- the waiting process itself


def _wait(door: socket.socket) -> dict[str, Any]:
    """Returns in a fork, with what it was asked for; never in the waiting process itself, which ends with its tests."""
    import selectors

    bell, ring = socket.socketpair()
    ring.setblocking(False)
    bell.setblocking(False)
    signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    selector.register(bell, selectors.EVENT_READ)
    children: set[int] = set()
    while True:
        for key, _ in selector.select():
            if key.fileobj is bell:
                bell.recv(4096)
                _tell_ends(door, children)
                continue
            data, files, _, _ = socket.recv_fds(door, _LARGEST, 3)
            if not data:
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                selector.close()
                for one in (door, bell, ring):
                    one.close()
                for number, file in enumerate(files):
                    os.dup2(file, number)
                    os.close(file)
                asked: dict[str, Any] = json.loads(data)
                return asked
            children.add(pid)
            for file in files:
                os.close(file)
            door.send(json.dumps({"pid": pid}).encode())


def _tell_ends(door: socket.socket, children: set[int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            door.send(json.dumps({"pid": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file: the program must not find the tests' modules
    from appliance.cli import main

    asked_for = _wait(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(asked_for["environment"])
    os.chdir(asked_for["folder"])
    sys.argv = ["ingot", *asked_for["words"]]
    main()
