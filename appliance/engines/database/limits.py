"""What one request may cost the database: time, and bytes of one result. Jobs and commands are not limited."""

from __future__ import annotations

import time
from typing import Any

from appliance.base.errors import TooLarge, Unavailable
from appliance.base.text import say

MOST_BYTES = 32 * 1024 * 1024
"""Of texts in one result, and of an answer."""
_FIRST = 64
_LONG = 1_000  # characters; what is shorter is bounded by the rows and columns of a page


class QueryTimeout(Unavailable):
    """The request's time was up while the database worked for it."""

    code = "query_timeout"

    def __init__(self) -> None:
        super().__init__(
            say(
                "This took the database too long, and was stopped. Ask for less at once, or narrow the list by a filter."
            )
        )


class AnswerTooLarge(TooLarge):
    """More than a request is answered with."""

    code = "answer_too_large"

    def __init__(self) -> None:
        text = say("The answer would be larger than {most} MB: ask for fewer records at once.", most=MOST_BYTES >> 20)
        super().__init__(text)


class Limits:
    """Of one thread. `ends` is the monotonic time when its request's time is up; 0 while there is no limit."""

    def __init__(self) -> None:
        self.ends = 0.0

    def begin(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds

    def end(self) -> None:
        self.ends = 0.0

    @property
    def over(self) -> bool:
        return bool(self.ends) and time.monotonic() >= self.ends

    @staticmethod
    def fetch(cursor: Any) -> list[Any]:
        """All rows. Raises AnswerTooLarge before they take much more memory than an answer may have."""
        found: list[Any] = cursor.fetchmany(_FIRST)
        if len(found) < _FIRST:
            return found
        part, size = found, 0
        while part:
            size += sum(len(v) for row in part for v in row if v.__class__ is str and len(v) > _LONG)
            if size > MOST_BYTES:
                raise AnswerTooLarge
            part = cursor.fetchmany(_FIRST)
            found += part
        return found
