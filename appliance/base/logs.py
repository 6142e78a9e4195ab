"""Logging: plain words on the console, JSON lines in <home>/logs/ingot.log (5 files of 5 MB)."""

from __future__ import annotations

import json
import logging
import logging.handlers
from pathlib import Path

from appliance.base import clock

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


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
    root.setLevel(level.upper())
    if console:
        shown = logging.StreamHandler()
        shown.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        root.addHandler(shown)
    if folder:
        kept = logging.handlers.RotatingFileHandler(
            folder / "ingot.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8"
        )
        kept.setFormatter(JsonLine())
        root.addHandler(kept)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth" floods under load
    logging.getLogger("huey").setLevel(logging.WARNING)
