"""Is there no room left? Stated once: engines, the web and the control API ask here."""

from __future__ import annotations

import errno

from appliance.base.errors import DiskFull

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SQLITE_FULL = 13
"""SQLITE_FULL (https://sqlite.org/rescode.html); extended codes hold it in their low byte."""
_POSTGRES_FULL = "53100"
"""disk_full (PostgreSQL, Appendix A)."""


def is_disk_full(error: BaseException | None) -> bool:
    """Does this error, or one that it came from, say that the disk or one's share of it is full? A write that failed so may end
    in another error, when it is to be taken back."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, DiskFull) or getattr(error, "errno", None) in _FULL:
            return True
        if (isinstance(code, int) and code & 0xFF == _SQLITE_FULL) or getattr(
            error, "sqlstate", None
        ) == _POSTGRES_FULL:
            return True
        if "database or disk is full" in str(error):  # as peewee passes it on
            return True
        error = error.__cause__ or error.__context__
    return False
