"""The log for whoever watches: its last lines, only those that matter, and those to come (long poll)."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from appliance.base.digits import is_digits

LEVELS = ("debug", "info", "warning", "error", "critical")
MOST, BACK = 5_000, 4 << 20
LONGEST_WAIT = 25.0
_SEARCHED = ("message", "error", "request", "actor", "job", "error_id")
"""An id that somebody was shown finds the lines that belong to it."""


def read(file: Path, asked: dict[str, Any], ended: threading.Event | None = None) -> dict[str, Any]:
    """`asked`: lines (how many at most), level (at least), component (the logger's name begins so), text (in the message, or an
    id), after (the `next` of an earlier answer: only what was written since), wait (seconds to wait for something new).
    -> {"lines": [objects], "next": a mark for the next call}."""
    most = _number(asked.get("lines"), 200, MOST)
    mark = str(asked.get("after") or "")
    until = time.monotonic() + min(float(_number(asked.get("wait"), 0, 60)), LONGEST_WAIT)
    while True:
        lines, mark_now = _since(file, mark) if mark else _last(file)
        found = [line for line in lines if _wanted(line, asked)][-most:]
        if found or not mark or time.monotonic() >= until or (ended and ended.is_set()):
            return {"lines": found, "next": mark_now}
        mark = mark_now
        time.sleep(0.25)


def _last(file: Path) -> tuple[list[dict[str, Any]], str]:
    size = file.stat().st_size if file.exists() else 0
    return _read(file, max(0, size - BACK), size), _mark(file, size)


def _since(file: Path, mark: str) -> tuple[list[dict[str, Any]], str]:
    """A file that was rotated meanwhile is read from its beginning."""
    number, _, place = mark.partition("-")
    if not file.exists():
        return [], mark
    seen = file.stat()
    start = int(place) if is_digits(place) and number == str(seen.st_ino) and int(place) <= seen.st_size else 0
    return _read(file, start, seen.st_size), _mark(file, seen.st_size)


def _mark(file: Path, size: int) -> str:
    return f"{file.stat().st_ino if file.exists() else 0}-{size}"


def _read(file: Path, start: int, end: int) -> list[dict[str, Any]]:
    if end <= start:
        return []
    with file.open("rb") as log:
        log.seek(start)
        data = log.read(end - start)
    found = []
    for line in data.split(b"\n")[1 if start and len(data) == BACK else 0 :]:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # half a line, or one of another program
    return found


def _wanted(line: dict[str, Any], asked: dict[str, Any]) -> bool:
    level = str(asked.get("level") or "")
    if level in LEVELS and line.get("level") in LEVELS and LEVELS.index(line["level"]) < LEVELS.index(level):
        return False
    if asked.get("component") and not str(line.get("logger", "")).startswith(str(asked["component"])):
        return False
    text = str(asked.get("text") or "").lower()
    return not text or any(text in str(line[name]).lower() for name in _SEARCHED if name in line)


def _number(value: Any, usual: int, most: int) -> int:
    text = str(value if value is not None else usual)
    return min(int(text), most) if is_digits(text) else usual
