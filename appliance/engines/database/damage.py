"""What the engines say when what they read is damaged, as opposed to busy, missing or wrongly asked for. Stated once: whoever
must tell damage from another fault asks `is_damage`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from appliance.base.errors import DatabaseDamaged

log = logging.getLogger(__name__)

_CORRUPT = {11, 26}
"""SQLITE_CORRUPT, SQLITE_NOTADB (https://sqlite.org/rescode.html); extended codes hold them in their low byte."""
_IO = {10, 266, 522, 1034, 8202, 8458}
"""SQLITE_IOERR: plain, _READ, _SHORT_READ, _FSYNC, _DATA, _CORRUPTFS. The others come of a full disk or quota, of a lock,
of too little memory: those pass."""
_POSTGRES_STATES = {"XX001", "XX002", "58030"}
"""data_corrupted, index_corrupted, io_error (PostgreSQL, Appendix A)."""
_SAID = re.compile(
    r"database disk image is malformed|file is not a database|malformed database schema|disk I/O error|"
    r"Could not decode to UTF-8 column|"
    r"invalid page in block|could not read block|missing chunk number|unexpected chunk|index .* contains (?:un|corrupt)"
)

_HEADING = re.compile(r"\*\*\* in database \S+ \*\*\*")


class Faults:
    """Remembers the first damage that a process met in its database; whoever listens hears of it once, in the thread that met
    it. It stays until the process ends: damage does not heal by itself."""

    def __init__(self) -> None:
        self.first = ""
        self._listeners: list[Callable[[str], object]] = []

    def on_first(self, listener: Callable[[str], object]) -> None:
        self._listeners.append(listener)

    def meet(self, error: BaseException) -> None:
        """Any error of the database: those that are no damage are passed over."""
        if not self.first and (found := damage_in(error)) is not None:
            self.note(str(found) or type(found).__name__)

    def note(self, what: str) -> None:
        if self.first:
            return
        self.first = first_words(what)
        for listener in self._listeners:
            try:
                listener(self.first)
            except Exception:  # who hears of it may need the very database
                log.exception("telling of damage")


def is_damage(error: BaseException | None) -> bool:
    """Does this error, or what it came from, say that stored bytes are not what was written? A disk without room is none."""
    return damage_in(error) is not None


def damage_in(error: BaseException | None) -> BaseException | None:
    """The innermost error that says so, in the engine's own words."""
    seen: set[int] = set()
    found: BaseException | None = None
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(code, int):
            found = error if code & 0xFF in _CORRUPT or code in _IO else found
        elif _says_so(error) or _of_damaged_text(error, found):
            found = error
        error = error.__cause__ or error.__context__
    return found


def _says_so(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None)
    return isinstance(error, DatabaseDamaged) or state in _POSTGRES_STATES or says_damage(str(error))


def _of_damaged_text(error: BaseException, above: BaseException | None) -> bool:
    """Elsewhere text that cannot be read says nothing of the database."""
    return isinstance(error, UnicodeDecodeError) and isinstance(above, DatabaseDamaged)


def first_words(what: str) -> str:
    """One line of what an engine says. SQLite heads its list of faults with the name of the database."""
    lines = [line.strip() for line in what.splitlines() if line.strip() and not _HEADING.fullmatch(line.strip())]
    return lines[0] if lines else "damaged"


def says_damage(text: str) -> bool:
    """The same for what only came as text: the error of a job that ran in the helper process, say."""
    return bool(_SAID.search(text))
