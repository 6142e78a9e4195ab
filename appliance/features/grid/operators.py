"""What may be asked of a field in a filter: the operators in the words of people, and what a filter says in a sentence.

A form's operators are those of the API and four of its own: `filled` (empty=false), `between` (gte and lte), `span` (eq with
a word for days) and `yes`/`no`."""

from __future__ import annotations

from appliance.base.text import Text, say
from appliance.http.kinds import face_of
from appliance.http.kinds.face import EMPTY
from appliance.records.entity import Field, Inverse
from appliance.records.spans import WORDS

Last = Field | Inverse | str

SPANS = (*WORDS, "last_7_days", "last_30_days", "last_90_days", "next_7_days", "next_30_days", "next_90_days")


def operators_of(last: Last) -> tuple[str, ...]:
    if isinstance(last, Field):
        return face_of(last).operators
    return ("in",) if last == "id" else EMPTY


def operator_name(operator: str, dates: bool) -> Text:
    """As a choice in the form."""
    match operator:
        case "eq":
            return say("is")
        case "neq":
            return say("is not")
        case "in":
            return say("is one of")
        case "contains":
            return say("contains")
        case "starts":
            return say("starts with")
        case "ends":
            return say("ends with")
        case "between":
            return say("from … to")
        case "gte":
            return say("on or after") if dates else say("at least")
        case "lte":
            return say("on or before") if dates else say("at most")
        case "gt":
            return say("after") if dates else say("more than")
        case "lt":
            return say("before") if dates else say("less than")
        case "span":
            return say("in the time")
        case "yes":
            return say("Yes")
        case "no":
            return say("No")
        case "filled":
            return say("is not empty")
    return say("is empty")


def sentence(operator: str, field: str, value: str, to: str = "") -> Text:
    """What a chip says."""
    match operator:
        case "neq":
            return say("{field} is not {value}", field=field, value=value)
        case "contains":
            return say("{field} contains “{value}”", field=field, value=value)
        case "starts":
            return say("{field} starts with “{value}”", field=field, value=value)
        case "ends":
            return say("{field} ends with “{value}”", field=field, value=value)
        case "between":
            return say("{field}: {value} to {to}", field=field, value=value, to=to)
        case "gte" | "lte" | "gt" | "lt":
            return say("{field} {sign} {value}", field=field, sign=_SIGNS[operator], value=value)
        case "empty":
            return say("{field} is empty", field=field)
        case "filled":
            return say("{field} is not empty", field=field)
    return say("{field}: {value}", field=field, value=value)


_SIGNS = {"gte": "≥", "lte": "≤", "gt": ">", "lt": "<"}


def span_name(word: str) -> Text:
    """A word for days as people say it."""
    found = _SPANS.get(word)
    if found is not None:
        return found
    step, count, _ = word.split("_")
    return say("last {n} days", n=count) if step == "last" else say("next {n} days", n=count)


_SPANS: dict[str, Text] = {
    "yesterday": say("yesterday"),
    "today": say("today"),
    "tomorrow": say("tomorrow"),
    "last_week": say("last week"),
    "this_week": say("this week"),
    "next_week": say("next week"),
    "last_month": say("last month"),
    "this_month": say("this month"),
    "next_month": say("next month"),
    "last_quarter": say("last quarter"),
    "this_quarter": say("this quarter"),
    "next_quarter": say("next quarter"),
    "last_year": say("last year"),
    "this_year": say("this year"),
    "next_year": say("next year"),
}
