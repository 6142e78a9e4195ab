"""Events of commands at the shell. They go into the database at once; where that cannot be (it is being replaced, is of another
release, cannot be written), they wait in a file of the home for the next start."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from appliance.engines.database.protocol import Database
from appliance.features.security_events.event import KINDS, SecurityEvent
from appliance.features.security_events.table import SecurityEventTable

log = logging.getLogger(__name__)
NAME = "security-events.jsonl"
MOST_BYTES = 1 << 20


def record(home: Path, one: SecurityEvent, open_database: Callable[[], Database] | None) -> None:
    """Keep an event. What cannot be kept, in a home that can only be read, is lost: no command fails over it."""
    try:
        if open_database is not None:
            database = open_database()
            with database.write():
                SecurityEventTable(database).insert(one)
            database.close()
            return
    except Exception as error:
        log.debug("A security event waits for the next start: %s", error)
    try:
        _append(home / NAME, one)
    except OSError as error:
        log.warning("A security event could not be kept: %s", error)


def take_in(database: Database, home: Path) -> None:
    """What waited goes into the database. A file that cannot be read is left where it is."""
    file = home / NAME
    try:
        if not file.exists():
            return
        lines = file.read_text("utf-8").splitlines()
        with database.write():
            table = SecurityEventTable(database)
            for line in lines:
                if (one := _read(line)) is not None:
                    table.insert(one)
        file.unlink()
    except Exception:
        log.exception("The security events that wait in %s cannot be read", file)


def _append(file: Path, one: SecurityEvent) -> None:
    if file.exists() and file.stat().st_size > MOST_BYTES:
        raise OSError(f"{file} is full")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as written:
        written.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")


def _read(line: str) -> SecurityEvent | None:
    """None for half a line, and for what is no event."""
    try:
        one = SecurityEvent(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return one if one.kind in KINDS and isinstance(one.detail, dict) else None
