"""Logging: plain words on the console, JSON lines in <home>/logs/ingot.log (5 files of 5 MB). A line says for which request,
actor and job it was written, wherever in the code that was."""

from __future__ import annotations

import itertools
import json
import logging
import logging.handlers
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from appliance.base import clock

LEVELS = ("debug", "info", "warning", "error")
LONGEST = 24 * 60
"""Minutes that a level may stay raised."""
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class About:
    """What a thread is at work on. One object a request or a job; `actor` is often known only later."""

    __slots__ = ("actor", "job", "request")

    def __init__(self, request: str = "", job: int | None = None, actor: str = ""):
        self.request, self.job, self.actor = request, job, actor


_about: ContextVar[About | None] = ContextVar("about", default=None)


def about_request(request: str, actor: str = "") -> About:
    """From here on this thread's lines carry the request's id, until its next request: in between it does nothing but write
    the answer out."""
    about = About(request, actor=actor)
    _about.set(about)
    return about


def about_actor(key: str) -> None:
    """By now it is known who acts."""
    about = _about.get()
    if about is not None:
        about.actor = key


def acting() -> str:
    """The key of who acts in this thread, as far as it is known."""
    about = _about.get()
    return about.actor if about is not None else ""


@contextmanager
def about_job(job: int, actor: str) -> Iterator[None]:
    before = _about.set(About(job=job, actor=actor))
    try:
        yield
    finally:
        _about.reset(before)


def _mark(record: logging.LogRecord) -> bool:
    """A filter of the handlers: it costs something only when a line is written."""
    about = _about.get()
    if about is not None:
        for name in About.__slots__:
            value = getattr(about, name)
            if value and name not in vars(record):
                setattr(record, name, value)
    return True


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": clock.wire_now(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{k: v for k, v in vars(record).items() if k not in _STANDARD},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def start(folder: Path | None, level: str = "info", console: bool = True) -> None:
    """Set the root logger up; calling it again replaces what was there."""
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        if isinstance(old, logging.handlers.RotatingFileHandler):
            old.close()
    if console:
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        root.addHandler(shown)
    if folder:
        kept = logging.handlers.RotatingFileHandler(
            folder / "ingot.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8"
        )
        kept.setFormatter(JsonLine())
        kept.addFilter(_mark)
        root.addHandler(kept)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth" floods under load
    logging.getLogger("huey").setLevel(logging.WARNING)
    levels.set_usual(level)


@dataclass(frozen=True, slots=True)
class Raised:
    """`component` is the beginning of loggers' names; "" means all of them. `until` is a wire time."""

    level: str
    component: str
    until: str


class Levels:
    """The level in force, and one that somebody set for a while: it falls back by itself, and at the end of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usual = "info"
        self._raised: Raised | None = None
        self._before = logging.NOTSET
        self._timer: threading.Timer | None = None

    @property
    def usual(self) -> str:
        return self._usual

    @property
    def raised(self) -> Raised | None:
        return self._raised

    def set_usual(self, level: str) -> None:
        """The setting `log_level`; at once, and under a level that is raised for all from when that ends."""
        with self._lock:
            self._usual = level
            if self._raised is None or self._raised.component:
                logging.getLogger().setLevel(level.upper())

    def set_for(self, level: str, component: str, minutes: float) -> Raised:
        """Another level for so long; what was raised before falls back first."""
        with self._lock:
            self._back()
            logger = logging.getLogger(component or None)
            self._before = logger.level
            logger.setLevel(level.upper())
            until = clock.wire(clock.now() + timedelta(minutes=minutes))
            self._raised = raised = Raised(level, component, until)
            self._timer = threading.Timer(minutes * 60, self._over, (raised,))
            self._timer.daemon = True
            self._timer.name = "log-level"
            self._timer.start()
        return raised

    def fall_back(self) -> None:
        with self._lock:
            self._back()

    def _over(self, raised: Raised) -> None:
        with self._lock:
            if self._raised is raised:
                self._back()

    def _back(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._raised:
            component = self._raised.component
            logging.getLogger(component or None).setLevel(self._before if component else self._usual.upper())
        self._raised = self._timer = None


levels = Levels()


def tidy_request(given: str | None) -> str:
    """An id for a request: the sender's own where it looks like one (a proxy's, a program's: then one id finds the lines of
    both sides), else a new one. It is a name in a log and proves nothing."""
    if given and 4 <= len(given) <= 64 and given.isascii() and given.replace("-", "").replace("_", "").isalnum():
        return given
    return f"{_BEGINNING}-{next(_numbers):x}"


_BEGINNING, _numbers = f"{time.time_ns() // 1_000_000 & 0xFFFFFFFFFF:010x}", itertools.count(1)
"""Of this process, and its requests: unlike a fresh random id each time, that asks the kernel for nothing."""
