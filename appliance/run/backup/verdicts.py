"""What was found when a backup was read again: a file beside them keeps it, so that it survives a restart and is shown wherever
backups are listed. A verdict is void once its file has another size or time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.paths import Home

NAME = "verdicts.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is the sentence in English where it is not whole; `size` and `changed` (ns) are the file's when it was read."""

    whole: bool
    at: str
    size: int
    changed: int
    why: str = ""

    def shown(self) -> dict[str, Any]:
        return {"whole": self.whole, "at": self.at, "why": self.why}


class Verdicts:
    def __init__(self, found: Mapping[str, Verdict]):
        self._found = dict(found)

    def get(self, place: Path) -> Verdict | None:
        """None for one that was not read yet, or has changed since."""
        verdict = self._found.get(place.name)
        if verdict is None:
            return None
        try:
            stat = place.stat()
        except OSError:
            return None
        return verdict if (stat.st_size, stat.st_mtime_ns) == (verdict.size, verdict.changed) else None


def read(home: Home) -> Verdicts:
    """An unreadable file of verdicts holds none: they can be found again."""
    return Verdicts(_read(home))


def _read(home: Home) -> dict[str, Verdict]:
    try:
        stored = orjson.loads((home.backups / NAME).read_bytes())
        return {name: Verdict(**one) for name, one in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(home: Home, place: Path, why: str | None) -> None:
    """`why` is None for one that is whole. Only backups of the home are noted; a folder that cannot be written keeps nothing."""
    if place.absolute().parent != home.backups.absolute():
        return
    with contextlib.suppress(OSError):
        stat = place.stat()
        kept = {name: one for name, one in _read(home).items() if (home.backups / name).exists()}
        kept[place.name] = Verdict(why is None, clock.wire_now(), stat.st_size, stat.st_mtime_ns, why or "")
        fresh = home.backups / f".{NAME}.{os.getpid()}"
        fresh.write_bytes(orjson.dumps({name: asdict(one) for name, one in kept.items()}, option=orjson.OPT_INDENT_2))
        fresh.chmod(0o600)
        fresh.replace(home.backups / NAME)
