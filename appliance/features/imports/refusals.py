"""Our errors as JSON and back: what a helper process refuses is refused here, with its sentence still translatable."""

from __future__ import annotations

import logging
from typing import Any

from appliance.base import errors
from appliance.base.errors import IngotError, Invalid, Problem
from appliance.base.text import Text, Told, say

log = logging.getLogger(__name__)
_KINDS: dict[str, type[IngotError]] = {
    kind.__name__: kind
    for kind in (errors.NotFound, errors.NotAllowed, errors.TooLarge, errors.Unsupported, errors.BadRequest, errors.Conflict)
}  # fmt: skip
MEMORY = say("Reading the file needs more memory than is given to it. Send it in smaller parts.")
TIME = say("Reading the file takes longer than is given to it. Send it in smaller parts.")
CRASH = say("The file cannot be read: the program that reads it was ended by it. Send it as CSV.")


def to_json(error: IngotError) -> dict[str, Any]:
    """Also for kinds that are not known here: those come back as Invalid of the file."""
    if isinstance(error, Invalid):
        problems = [[p.field, _text(p.message), p.code, p.pointer] for p in error.problems]
        return {"kind": "Invalid", "problems": problems}
    kind = next((n for n, k in _KINDS.items() if type(error) is k), "")
    return {"kind": kind, "message": _text(error.message), "code": error.code}


def from_json(told: dict[str, Any]) -> IngotError:
    if told["kind"] == "Invalid":
        return Invalid([Problem(f, _said(m), c, p) for f, m, c, p in told["problems"]])
    kind = _KINDS.get(told["kind"])
    if kind is None:
        return Invalid([Problem("file", _said(told["message"]), told["code"])])
    return kind(_said(told["message"]), code=told["code"])


def too_expensive(text: Text, code: str) -> errors.TooLarge:
    return errors.TooLarge(text, code=code)


def ended(how: str) -> errors.TooLarge:
    """The helper process ended in the middle of it: killed for its memory or its time, or by a crash."""
    log.warning("A helper process that read a file ended: %s", how)
    return too_expensive(CRASH, "unreadable")


def failed(error: Exception) -> Invalid:
    """An error that nobody expected of the file: the log has it, the reader a sentence."""
    log.error("A file could not be read", exc_info=error)
    return Invalid([Problem("file", CRASH, "unreadable")])


def _text(text: Text | Told) -> list[Any]:
    whole = text.text if isinstance(text, Told) else text
    return [whole.template, {k: _value(v) for k, v in whole.values.items()}]


def _value(value: Any) -> Any:
    if isinstance(value, Text | Told):
        return {"text": _text(value)}
    return value if isinstance(value, int | float) else str(value)


def _said(told: list[Any]) -> Text:
    return Text(told[0], {k: _said(v["text"]) if isinstance(v, dict) else v for k, v in told[1].items()})
