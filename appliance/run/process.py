"""The life of the process: lock, run file, control door, services, ready; and back in reverse.

The control door is first up and last down, so that whatever happens in between can be asked about."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import IngotError, StartRefused
from appliance.base.paths import Home
from appliance.base.text import Text
from appliance.run import exit_codes, installation, log_lines, notify, preflight, run_file
from appliance.run.control import Command, ControlDoor, tail
from appliance.run.home_lock import HomeLock
from appliance.run.preflight import Ground, prepare
from appliance.run.run_file import RunInfo
from appliance.run.services import Health, Service, Services, Since
from appliance.run.web import WebServer

_log = logging.getLogger(__name__)
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]


class Process:
    """What the services may know of the process they live in. `commands` and `queries` are the control door's and can
    be added to; `components` returns further healths to show (engines), by name."""

    def __init__(self, home: Home, version: str, ground: Ground | None = None):
        self.home, self.ground = home, ground or Ground(home)
        self.queries: dict[str, Command] = {"status": lambda _: self.status(), "logs": self._logs}
        self.commands: dict[str, Command] = {
            "stop": lambda _: self.ask_stop(),
            "restart": lambda _: self.ask_stop(exit_codes.RESTART),
        }
        self.components: Callable[[], Mapping[str, Health]] = dict
        self.services, self._since = Services(), Since()
        self._keep_event: Callable[..., None] | None = None
        self._events: list[tuple[str, dict[str, Any]]] = []
        self.reason: Text | str = ""
        self.info = RunInfo(os.getpid(), "starting", version, clock.wire_now())
        self._began = time.monotonic()
        # A SimpleQueue, for its put() may interrupt its own get(): a signal handler that sets an Event can deadlock.
        self._wishes: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._signals = 0
        self.ending = threading.Event()  # whoever waits at the control door is let go

    def tell(self, kind: str, **detail: Any) -> None:
        """A security event. Until somebody keeps them, those of the start wait."""
        if self._keep_event is not None:
            self._keep_event(kind, **detail)
        elif len(self._events) < 100:
            self._events.append((kind, detail))

    def keep_events(self, keep: Callable[..., None]) -> None:
        """From now on `keep(kind, **detail)` hears of them, first of those that waited."""
        self._keep_event, waiting, self._events = keep, self._events, []
        for kind, detail in waiting:
            keep(kind, **detail)

    def ask_stop(self, exit_code: int = exit_codes.STOPPED) -> dict[str, Any]:
        """End the process in good order, soon. Returns at once; any thread."""
        self._wishes.put(exit_code)
        return {"state": "stopping"}

    def health(self) -> dict[str, dict[str, Any]]:
        """How every part does: state, reason, and since when (wire) it is in that state."""
        healths = {**self.services.health(), **self.components(), **self.ground.health()}
        since = self._since.note(healths)
        return {n: {"state": h.state, "reason": h.reason, "since": since[n]} for n, h in healths.items()}

    def status(self) -> dict[str, Any]:
        return {
            "pid": self.info.pid,
            "state": self.info.state,
            "reason": self.reason,
            "code": self.info.code,
            "version": self.info.version,
            "home": str(self.home.root),
            "addresses": self.info.addresses,
            "started_at": self.info.started_at,
            "uptime_seconds": round(time.monotonic() - self._began, 1),
            "rss_bytes": rss_bytes(),
            "health": self.health(),
        }

    def look(self) -> None:
        """Every few seconds: what changed is noted with its time, also when nobody asks."""
        self.health()
        self.ground.mark()

    def write(self, **changes: Any) -> None:
        """Change what the run file says, and what a service manager shows."""
        self.info = replace(self.info, **changes)
        run_file.write(self.home, self.info)
        if "state" in changes:
            notify.tell(f"STATUS={self.info.state} {self.info.reason}".rstrip())

    def write_if_possible(self, **changes: Any) -> bool:
        """A full disk is no reason to stop in another way than one was asked to. Was it written?"""
        try:
            self.write(**changes)
        except OSError as error:
            sys.stderr.write(f"{run_file.path(self.home)}: {error.strerror}\n")
            return False
        return True

    def block(self, refusal: StartRefused) -> bool:
        """It cannot start, and stays to say why; False where nobody would find it."""
        self.reason = refusal.message
        code = exit_codes.WORDS.get(refusal.exit_code, "start_refused")
        return self.write_if_possible(state="blocked", reason=str(refusal.message), code=code, addresses=[])

    def _logs(self, asked: dict[str, Any]) -> dict[str, Any]:
        """As lines of text; with any other word than `lines`, as log_lines.read answers."""
        file = self.home.logs / "ingot.log"
        if set(asked) - {"lines"}:
            return log_lines.read(file, asked, self.ending)
        lines = str(asked.get("lines", "100"))
        return {"lines": tail(file, int(lines) if is_digits(lines) else 100)}

    # ---- the main thread

    def catch_signals(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1
        self._wishes.put(exit_codes.STOPPED)

    def hurried(self) -> bool:
        """Somebody pressed Ctrl+C a second time."""
        return self._signals > 1

    def wait(self) -> int:
        """Wait until somebody wants the end; the exit code they want."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._wishes.get(timeout=0.5)  # an untimed wait is deaf to Ctrl+C on Windows


def run(
    home: Home,
    build: Callable[[Process], Sequence[Service]],
    *,
    version: str,
    ground: Ground | None = None,
    on_ready: Callable[[Process], None] = lambda _: None,
    stop_seconds: float = 9.0,
    exit_when_blocked: bool = True,
) -> int:
    """Live until asked to stop; returns the exit code. Main thread only (signals).

    `build` makes the services; it runs with the home locked and the control door open, so migrations belong in it. A
    StartRefused from it or from a service becomes one sentence on stderr and its exit code. Without
    `exit_when_blocked` the process then stays, its control door open and its state "blocked", until it is stopped.
    Stopping ends within `stop_seconds` and one more; a second signal cuts that short."""
    sys.setswitchinterval(0.0005)  # a computing thread then holds a request up for 28 ms instead of 97 (p99)
    try:
        ground = ground or prepare(home)
        process, lock = Process(home, version, ground), HomeLock(home)
        process.catch_signals()
        lock.acquire()
    except StartRefused as refusal:
        return _complain(refusal)
    door = ControlDoor(home, process.queries, process.commands)
    code, watchdog = exit_codes.STOPPED, notify.Watchdog()
    try:
        try:
            _open(process, door)
            for warning in ground.begin():
                _log.warning("%s", warning.reason)
            with installation.damage_refuses(home), _in_a_sentence():
                _start(process, build(process), stop_seconds)
                on_ready(process)
            _settle_memory()
            watchdog.start()
            notify.tell("READY=1")
            code = process.wait()
        except StartRefused as refusal:
            code = _complain(refusal)
            process.services.stop(
                stop_seconds - 1, process.hurried
            )  # what met it may be the last step, with all doors open
            if not exit_when_blocked and process.block(refusal):
                code = process.wait() or code
        ground.mark()
        process.write_if_possible(state="stopping")
        notify.tell("STOPPING=1")
    except Exception as error:
        _log.exception("crashed")
        sys.stderr.write(f"Ingot crashed: {type(error).__name__}: {error}\n")
        code = exit_codes.CRASHED
    finally:
        watchdog.stop()
        late = _stop(process, door, stop_seconds)
        run_file.remove(home)
        lock.release()
    if late or _left_behind():
        _end_anyway(code)
    return code


@contextlib.contextmanager
def _in_a_sentence() -> Iterator[None]:
    """What stops a start and is known by name, a database server that does not answer among it, is no crash: it ends with its
    sentence, and with the exit code that service managers try again on."""
    try:
        yield
    except StartRefused:
        raise
    except IngotError as error:
        raise StartRefused(error.message, exit_codes.CRASHED) from error


def _open(process: Process, door: ControlDoor) -> None:
    """The control door, and the run file that says where it is. Raises StartRefused when they cannot be had."""
    try:
        process.write()
        door.start()
        process.write(
            control_socket=door.socket_path, control_address=door.address, control_token=door.token, state="starting"
        )
    except OSError as error:
        raise preflight.refusal(process.home.root, error) from None


def _start(process: Process, services: Sequence[Service], stop_seconds: float) -> None:
    doors = [service for service in services if isinstance(service, WebServer)]
    try:
        for door in doors:
            door.bind()  # a taken port shall be known before anything slow starts
        process.services.start(services, stop_seconds)
    except BaseException:
        for door in doors:
            door.unbind()
        raise
    addresses = [address for door in doors for address in door.addresses]
    process.write(state="ready", addresses=addresses)
    process.look()
    _log.info("ready: %s", ", ".join(addresses) or "no public door")


def _settle_memory() -> None:
    """What is there by now stays until the end: the collector need not walk through it again and again. Beside an import,
    whose log entries the followers read by the thousand, a full walk held all requests up for as long as 45 ms."""
    gc.collect()
    gc.freeze()


def _stop(process: Process, door: ControlDoor, seconds: float) -> list[str]:
    until = time.monotonic() + seconds
    process.ending.set()
    late = process.services.stop(seconds - 1, process.hurried)
    door.stop(max(0.6, min(2.0, until - time.monotonic())))
    return late


def _complain(refusal: StartRefused) -> int:
    sys.stderr.write(f"{refusal.message}\n")
    return refusal.exit_code


def _left_behind() -> bool:
    return any(not t.daemon and t is not threading.main_thread() for t in threading.enumerate())


def _end_anyway(code: int) -> None:
    """A thread that hangs would keep the interpreter from ending: give it a second, then go."""

    def end() -> None:
        time.sleep(1)
        logging.shutdown()
        os._exit(code)

    threading.Thread(target=end, name="end-anyway", daemon=True).start()


def rss_bytes() -> int | None:
    """Memory this process holds, where /proc says it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None
