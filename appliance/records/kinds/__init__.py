"""The kinds a field can be. One class each; `KINDS` is the list the whole house works from."""

from __future__ import annotations

from appliance.records.kinds.choice import BooleanKind, ChoiceKind, MultiChoiceKind
from appliance.records.kinds.kind import Kind, Wrong
from appliance.records.kinds.moment import DateKind, DatetimeKind
from appliance.records.kinds.number import DecimalKind, IntegerKind, MoneyKind
from appliance.records.kinds.relation import FileKind, FilesKind, RelationKind, RelationsKind, record_id
from appliance.records.kinds.structure import AutoNumberKind, JsonKind
from appliance.records.kinds.text import EmailKind, LongTextKind, PhoneKind, TextKind, UrlKind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        TextKind(),
        LongTextKind(),
        IntegerKind(),
        DecimalKind(),
        MoneyKind(),
        BooleanKind(),
        DateKind(),
        DatetimeKind(),
        ChoiceKind(),
        MultiChoiceKind(),
        EmailKind(),
        PhoneKind(),
        UrlKind(),
        JsonKind(),
        AutoNumberKind(),
        RelationKind(),
        RelationsKind(),
        FileKind(),
        FilesKind(),
    )
}

__all__ = ["KINDS", "AutoNumberKind", "Kind", "Wrong", "record_id"]
