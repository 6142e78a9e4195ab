"""What can go wrong, in our own words. An error carries a stable `code` for programs and a `Text` for people; none
knows HTTP: `http/errors.py` is the only translator into statuses."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.base.text import Text, say, verbatim


class IngotError(Exception):
    """Base of everything we raise on purpose. `message` can be shown to the person who caused it."""

    code = "error"

    def __init__(self, message: Text | str, *, code: str | None = None):
        self.message = message if isinstance(message, Text) else verbatim(message)
        if code:
            self.code = code
        super().__init__(str(self.message))


class NotFound(IngotError):
    """No such thing, or none that this actor may know of: the two look the same from outside."""

    code = "not_found"


class NotSignedIn(IngotError):
    code = "not_signed_in"

    def __init__(self, message: Text | None = None):
        super().__init__(message or say("Sign in, or send a token: Authorization: Bearer TOKEN."))


class NotAllowed(IngotError):
    code = "not_allowed"


class BadRequest(IngotError):
    """The request itself cannot be understood. `parameter`, `pointer` or `header` names the guilty part."""

    code = "bad_request"

    def __init__(
        self,
        message: Text | str,
        *,
        code: str | None = None,
        parameter: str | None = None,
        pointer: str | None = None,
        header: str | None = None,
    ):
        super().__init__(message, code=code)
        self.parameter, self.pointer, self.header = parameter, pointer, header


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field. `pointer`, when given, is a JSON pointer that wins over the field's usual place."""

    field: str
    message: Text
    code: str = "invalid"
    pointer: str | None = None


class Invalid(IngotError):
    """Values that cannot be stored. Every problem is listed, not only the first."""

    code = "invalid"

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__(verbatim("; ".join(f"{p.field}: {p.message}" for p in problems)))


class Conflict(IngotError):
    """The request fights with what is stored: an id or unique value that is taken, an ambiguous upsert."""

    code = "conflict"

    def __init__(self, message: Text, *, code: str | None = None, pointer: str | None = None):
        super().__init__(message, code=code)
        self.pointer = pointer


class Stale(IngotError):
    """Somebody changed the record since it was read. `fields` differ; `version` is the one stored now."""

    code = "stale"

    def __init__(self, version: int, fields: list[str]):
        self.version, self.fields = version, fields
        super().__init__(
            say(
                "The record was changed meanwhile and has version {version} now; these fields differ: {fields}.",
                version=version,
                fields=", ".join(fields) or "-",
            )
        )


class TooLarge(IngotError):
    code = "too_large"


class Unsupported(IngotError):
    """A media type we do not speak or do not store."""

    code = "unsupported"


class Unavailable(IngotError):
    """A part that is needed is down for now. `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, message: Text, *, retry_after: int = 5):
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseDamaged(Unavailable):
    """Stored bytes are not what was written. It does not pass by itself: a backup has to be restored."""

    code = "database_damaged"

    def __init__(self, why: str):
        text = say(
            "The database is damaged, so this can neither be read nor saved: {why}. An administrator stops Ingot and restores "
            "the newest good backup; the health page names the command.",
            why=why.rstrip("."),
        )
        super().__init__(text, retry_after=600)


class DatabaseMissing(Unavailable):
    """The file of the database is not there any more, or is another one. What would be written now would go nowhere."""

    code = "database_missing"

    def __init__(self) -> None:
        text = say(
            "The file of the database is gone, was emptied, or another one lies in its place: nothing is saved. An administrator "
            "puts it back, or stops Ingot and restores the newest good backup."
        )
        super().__init__(text, retry_after=60)


class DiskFull(IngotError):
    """There is no room to write. Nothing of what was asked was kept; it can be asked again when there is."""

    code = "disk_full"

    def __init__(self) -> None:
        super().__init__(
            say("The disk is full, so nothing was saved. Free some space on the server's disk, then try again.")
        )


class TooManyRequests(IngotError):
    """Refused for now because there were too many. `retry_after` is in seconds."""

    code = "too_many_requests"

    def __init__(self, message: Text, *, retry_after: int, code: str | None = None):
        super().__init__(message, code=code)
        self.retry_after = retry_after


class StartRefused(IngotError):
    """The process cannot start; `exit_code` says why to whoever started it (see run/exit_codes.py)."""

    code = "start_refused"

    def __init__(self, message: Text | str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code
