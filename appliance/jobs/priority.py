"""The five names of priority. Each step is worth five minutes of waiting (engines/queue/protocol.STEP): a very-low job
goes before every very-high one that was asked for twenty minutes later."""

from __future__ import annotations

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say

NAMES = {"very-low": -2, "low": -1, "normal": 0, "high": 1, "very-high": 2}
_BY_NUMBER = {number: name for name, number in NAMES.items()}


def number(priority: str | int | None) -> int | None:
    """Raises Invalid for a name that is none of the five; numbers may lie beyond them."""
    if priority is None or isinstance(priority, int):
        return priority
    if priority not in NAMES:
        raise Invalid([Problem("priority", say("must be one of: {choices}", choices=", ".join(NAMES)), "choice")])
    return NAMES[priority]


def name(priority: int) -> str:
    """The name, or the outermost one for a number beyond."""
    return _BY_NUMBER[max(-2, min(2, priority))]
