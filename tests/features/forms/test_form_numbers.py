"""What is typed into a form is read by the person's language, and never as one of two numbers in silence."""

from __future__ import annotations

import pytest

from appliance.http.kinds import face_of
from appliance.http.kinds.number import NumberFace
from appliance.http.kinds.typed_numbers import read_number
from appliance.records.declaration import read_field
from appliance.records.entity import Field
from appliance.records.kinds import KINDS, Wrong


@pytest.mark.parametrize(
    ("text", "locale", "plain"),
    [
        ("12.500", "de", "12500"), ("12,500", "en", "12500"), ("12.50", "de", "12.50"), ("12,50", "de", "12.50"),
        ("1.234,50", "de", "1234.50"), ("1,234.50", "en", "1234.50"), ("0.125", "en", "0.125"), ("1234.567", "en", "1234.567"),
    ],
)  # fmt: skip
def test_the_language_decides(text: str, locale: str, plain: str) -> None:
    assert read_number(text, locale, places=2) == plain


def canonical(field: Field, text: str, locale: str) -> str:
    face = face_of(field)
    assert isinstance(face, NumberFace)
    return face.canonical(field, text, locale)


@pytest.mark.parametrize(
    ("text", "locale"), [("12.500", "en"), ("1.000", "en"), ("12,500", "de"), ("-2.500", "en"), ("$12.500", "en")]
)
@pytest.mark.parametrize("kind", ["integer", "money", "decimal"])
def test_what_may_be_two_numbers_is_asked_about(text: str, locale: str, kind: str) -> None:
    field = read_field(
        {
            "name": "x",
            "kind": kind,
            **({"places": 2} if kind == "decimal" else {"currency": "USD"} if kind == "money" else {}),
        }
    )
    if kind != "money":
        text = text.removeprefix("$")
    with pytest.raises(Wrong) as refused:
        canonical(field, text, locale)
    assert refused.value.code == "ambiguous"
    if kind == "money" and text == "12.500":
        assert str(refused.value.message) == "12.500 can be read as two numbers: write 12500 or 12.5"


def test_a_field_with_three_places_takes_three() -> None:
    assert canonical(read_field({"name": "x", "kind": "decimal", "places": 3}), "12.500", "en") == "12.500"


@pytest.mark.parametrize("kind", ["integer", "decimal", "money", "date", "datetime"])
@pytest.mark.parametrize("text", ["١٢", "१२", "²", "1,5", "1 000", "1_000", "٢٠٢٤-٠١-٠١"])
def test_addresses_and_json_take_canonical_form_only(kind: str, text: str) -> None:
    field = read_field({"name": "x", "kind": kind})
    for read in (KINDS[kind].reader(field), KINDS[kind].cleaner(field)):
        with pytest.raises(Wrong):
            read(text)
