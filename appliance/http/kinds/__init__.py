"""What people see of each field kind: the list of faces, one for each kind of records/kinds."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.http.kinds.choice import BooleanFace, ChoiceFace, MultiChoiceFace
from appliance.http.kinds.face import Face, Show, Typed
from appliance.http.kinds.moment import DateFace, DatetimeFace
from appliance.http.kinds.number import IntegerFace, MoneyFace, NumberFace
from appliance.http.kinds.relation import FileFace, FilesFace, RelationFace, RelationsFace
from appliance.http.kinds.structure import JsonFace
from appliance.http.kinds.text import AutoNumberFace, EmailFace, LongTextFace, PhoneFace, TextFace, UrlFace
from appliance.records.entity import Field

FACES: dict[str, Face] = {
    "text": TextFace(),
    "long_text": LongTextFace(),
    "integer": IntegerFace(),
    "decimal": NumberFace(),
    "money": MoneyFace(),
    "boolean": BooleanFace(),
    "date": DateFace(),
    "datetime": DatetimeFace(),
    "choice": ChoiceFace(),
    "multi_choice": MultiChoiceFace(),
    "email": EmailFace(),
    "phone": PhoneFace(),
    "url": UrlFace(),
    "json": JsonFace(),
    "auto_number": AutoNumberFace(),
    "relation": RelationFace(),
    "relations": RelationsFace(),
    "file": FileFace(),
    "files": FilesFace(),
}


def face_of(field: Field) -> Face:
    return FACES[field.kind.name]


def rank(field: Field) -> int:
    """Sorts fields by how well they tell one record from another, those that do not last."""
    own = face_of(field).rank
    return len(FACES) if own is None else own


def firsts(fields: Iterable[Field]) -> list[Field]:
    """The first field of each kind."""
    by_kind: dict[str, Field] = {}
    for field in fields:
        by_kind.setdefault(field.kind.name, field)
    return list(by_kind.values())


__all__ = ["FACES", "Face", "Show", "Typed", "face_of", "firsts", "rank"]
