"""What a list of jobs was asked for: the address's parameters, checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.jobs.listing import SORTS
from appliance.jobs.row import STATES

PAGE, MOST = 50, 500


def read_listing(args: Mapping[str, str]) -> dict[str, Any]:
    """The words of `Jobs.list`. Raises BadRequest naming the first parameter that is unknown or has a wrong value."""
    wanted: dict[str, Any] = {"limit": PAGE}
    number = 1
    for name, value in args.items():
        read = _READERS.get(name)
        found = read(value) if read else None
        if found is None:
            raise BadRequest(
                say("There is no parameter {name} here, or not with this value.", name=name[:100]), parameter=name[:100]
            )
        word, result = found
        if word == "page":
            number = result
        else:
            wanted[word] = result
    if "before" in wanted and wanted.get("sort", "-id") != "-id":
        raise BadRequest(say("page[after] goes with the order -id alone."), parameter="page[after]")
    if number > 1:
        wanted["offset"] = (number - 1) * wanted["limit"]
    return wanted


def read_sweep(args: Mapping[str, str], states: Collection[str]) -> dict[str, Any]:
    """Which jobs to steer all at once: filters alone. Raises BadRequest, also for a state that is not among `states`."""
    for name in args:
        if not name.startswith("filter["):
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])
    wanted = read_listing(args)
    del wanted["limit"]
    if not set(wanted.get("state", ())) <= set(states):
        text = say("must be one of: {choices}", choices=", ".join(states))
        raise BadRequest(text, parameter="filter[state]")
    return wanted


def _states(value: str) -> tuple[str, list[str]] | None:
    states = value.split(",")
    return ("state", states) if all(state in STATES for state in states) else None


def _number(value: str) -> int | None:
    return int(value) if is_digits(value) else None


def _numbered(word: str, most: int | None = None, least: int = 0) -> Any:
    def read(value: str) -> tuple[str, int] | None:
        number = _number(value)
        if number is None or number < least:
            return None
        return word, min(number, most) if most else number

    return read


def _time(word: str, *, after: bool = False) -> Any:
    """`after`: the first millisecond behind it, for the operators that leave out or take in the time itself."""

    def read(value: str) -> tuple[str, str] | None:
        try:
            at = datetime.fromisoformat(value)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            text = clock.wire(at)
        except (ValueError, OverflowError):
            return None
        return word, text + "~" if after else text  # "~" sorts behind every wire text that begins alike

    return read


def _sort(value: str) -> tuple[str, str] | None:
    return ("sort", value) if value.removeprefix("-") in SORTS else None


_READERS: dict[str, Any] = {
    "filter[state]": _states,
    "filter[kind]": lambda value: ("kind", value.split(",")) if "\0" not in value else None,
    "filter[lane]": lambda value: ("lane", value) if "\0" not in value else None,
    "filter[actor]": lambda value: ("actor", value) if "\0" not in value else None,
    "filter[parent]": _numbered("parent"),
    "filter[root]": _numbered("root"),
    "filter[created_at][gte]": _time("created_from"),
    "filter[created_at][gt]": _time("created_from", after=True),
    "filter[created_at][lt]": _time("created_before"),
    "filter[created_at][lte]": _time("created_before", after=True),
    "sort": _sort,
    "page[size]": _numbered("limit", MOST),
    "page[after]": _numbered("before"),
    "page[number]": _numbered("page", 1_000_000, 1),
}
