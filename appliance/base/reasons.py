"""Why the system refused something, in words for people: what it says itself is English everywhere."""

from __future__ import annotations

import errno

from appliance.base.text import Text, say, verbatim

_KNOWN = {
    errno.ENOENT: say("there is no such file or folder"), errno.EACCES: say("that is not allowed here"),
    errno.EPERM: say("that is not allowed here"), errno.ENOSPC: say("the disk is full"), errno.EDQUOT: say("the disk is full"),
    errno.EROFS: say("it can only be read there"), errno.EISDIR: say("it is a folder"),
    errno.ENOTDIR: say("a part of the path is no folder"), errno.ENAMETOOLONG: say("the name is too long"),
    errno.EADDRNOTAVAIL: say("this computer has no such address"), errno.EADDRINUSE: say("another program has it"),
}  # fmt: skip


def why(error: BaseException) -> Text:
    """As the rest of a sentence; what is not known here, in the system's own words."""
    known = _KNOWN.get(getattr(error, "errno", None) or 0)
    return known or verbatim(str(getattr(error, "strerror", None) or error or type(error).__name__))
