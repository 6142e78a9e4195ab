"""From where this thread is asked for what it does: a client IP and a browser, the control API, or a command at the shell."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Origin:
    """`via`: web, control, shell, or "" for what the server does by itself. `os_user`: at the shell and the control API."""

    client_ip: str = ""
    agent: str = ""
    via: str = ""
    os_user: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Callable[[], Origin]] = ContextVar("origin", default=lambda: _NOWHERE)


def origin() -> Origin:
    return _origin.get()()


def from_request(environ: Mapping[str, Any]) -> None:
    """From here on this thread works for a request; what it says of itself is read only when somebody asks."""
    _origin.set(
        lambda: Origin(str(environ.get("REMOTE_ADDR", ""))[:100], str(environ.get("HTTP_USER_AGENT", ""))[:300], "web")
    )


def from_operator(via: str) -> None:
    """From here on this thread works for whoever owns the home: `via` is shell or control."""
    _origin.set(lambda: Origin(via=via, os_user=os_user()))


def os_user() -> str:
    try:
        return getpass.getuser()[:100]
    except (OSError, KeyError):  # an id without a name, as in a container
        return "?"
