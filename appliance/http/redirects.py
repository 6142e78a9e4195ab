"""Where a request may send the browser on to: pages of this server, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

HOME = "/"
LONGEST = 4_000
_PATH = re.compile(r"[^?#]*")
"""As it was written: urlsplit takes `///x` for the path `/x`."""


def local_target(text: str) -> str:
    """A target that a request brought with it, when it is an absolute path on this server; home for everything else. It never
    raises: a forged link is nobody's fault who follows it. What browsers and libraries would drop or turn round before they read
    the address (control characters, white space, backslashes) makes it wrong, so that both read what is judged here."""
    return text if _is_local(text) else HOME


def _is_local(text: str) -> bool:
    if not text.startswith("/") or text != text.strip() or len(text) > LONGEST or "\\" in text:
        return False
    if any(
        (c.isspace() and c != " ") or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")
        for c in text
    ):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and "//" not in _PATH.match(text)[0]  # type: ignore[index]
