"""What people write in cells is understood, and what could mean two things is not guessed."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.features.imports.dates import date_order, plain_date, plain_datetime
from appliance.features.imports.guessing import guess
from appliance.features.imports.numbers import decimal_sign
from appliance.features.imports.values import Style, forgiving
from appliance.records.declaration import read_field
from appliance.records.kinds import Wrong

PLAIN = Style()


def cell(text: str, kind: str, style: Style = PLAIN, **words: Any) -> Any:
    field = read_field({"name": "x", "kind": kind, **words})
    stored = forgiving(field, field.kind.reader(field), style)(text)
    shower = field.kind.shower(field, "sqlite")
    return shower(stored) if shower and stored is not None else stored


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1234.5", "1234.50"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1 234,50", "1234.50"), ("1'234.50", "1234.50"),
        ("€ 1,50", "1.50"), ("1,50 €", "1.50"), ("1,50 EUR", "1.50"), ("EUR 1,234,567.89", "1234567.89"), ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"), ("-€5", "-5.00"), ("€-5", "-5.00"), ("\u2212" + "7,25", "-7.25"), ("+3", "3.00"),
        ("1\u00a0234,5", "1234.50"), ("12,34,567.00", "1234567.00"), (".5", "0.50"), ("n/a", None), ("-", None), ("", None),
    ],
)  # fmt: skip
def test_money_is_read_as_it_is_written(text: str, shown: str | None) -> None:
    assert cell(text, "money", currency="EUR") == shown


@pytest.mark.parametrize(
    "text",
    ["$5", "5 USD", "5 kg", "1,234", "12.345.6", "1,23.4", "1..5", "five", "5%", "(5", "--5", "1,2,3", "5 € EUR"],
)
def test_what_is_another_currency_or_unclear_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        cell(text, "money", currency="EUR")


def test_the_column_decides_which_sign_is_decimal() -> None:
    assert cell("1.234", "decimal", Style(decimal=",")) == "1234"
    assert cell("1,234", "decimal", Style(decimal=".")) == "1234"
    assert cell("1,234", "decimal", Style(decimal=",")) == "1.234"
    assert cell("1.234", "integer", Style(decimal=",")) == 1234
    assert cell("1,234.00", "integer", Style(decimal=".")) == 1234
    with pytest.raises(Wrong):
        cell("1.5", "decimal", Style(decimal=","))
    assert decimal_sign(["1,5", "1.234"]) == (",", False)
    assert decimal_sign(["1,234", "2,345"]) == (None, True)
    assert decimal_sign(["1,234", "1,234.5"]) == (".", False)
    assert decimal_sign(["1.5", "1,5"]) == (None, True)
    assert decimal_sign(["1", "22"]) == (None, False)


def test_percents_are_hundredths_only_where_one_is_the_most() -> None:
    assert cell("12,5 %", "decimal", Style(decimal=",")) == "12.5"
    assert cell("12.5%", "decimal", max=1) == "0.125"
    assert cell("5%", "decimal", max=1) == "0.05"
    assert cell("80%", "integer", max=100) == 80


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-01-31", None, "2024-01-31"), ("31.01.2024", None, "2024-01-31"), ("1.2.24", None, "2024-02-01"),
        ("31/01/2024", None, "2024-01-31"), ("01/31/2024", None, "2024-01-31"), ("03/04/2024", "dmy", "2024-04-03"),
        ("03/04/2024", "mdy", "2024-03-04"), ("24/03/04", "ymd", "2024-03-04"), ("2024/3/4", None, "2024-03-04"),
        ("31 Jan 2024", None, "2024-01-31"), ("Jan 31, 2024", None, "2024-01-31"), ("31. März 2024", None, "2024-03-31"),
        ("31-Dec-69", None, "1969-12-31"), ("20240131", None, "2024-01-31"), ("2024-01-31 00:00:00", None, "2024-01-31"),
        ("Wed, 31 January 2024", None, "2024-01-31"), ("2024年1月31日", None, "2024-01-31"), ("1st May 2024", None, "2024-05-01"),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(text: str, order: str | None, day: str) -> None:
    assert plain_date(text, order) == day


@pytest.mark.parametrize("text", ["03/04/2024", "31.02.2024", "13/13/2024", "2024-01-31 14:00", "soon", "1/2", "12345"])
def test_what_is_no_date_or_two_dates_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        plain_date(text, None)


def test_moments_are_read_with_halves_of_the_day_and_zones() -> None:
    for text in ("31.01.2024 14:30", "1/31/2024 2:30 PM", "2024-01-31 15:30 +01:00", "31 Jan 2024, 14:30:00 UTC"):
        assert plain_datetime(text, None).timestamp() == 1706711400, text
    assert cell("31.01.2024 12:00", "datetime") == "2024-01-31T12:00:00.000Z"


def test_the_column_decides_which_comes_first_day_or_month() -> None:
    assert date_order(["03/04/2024", "25/04/2024"]) == ("dmy", False)
    assert date_order(["03/04/2024", "04/25/2024"]) == ("mdy", False)
    assert date_order(["03/04/2024", "05/05/2024"]) == (None, True)
    assert date_order(["25/04/2024", "04/25/2024"]) == (None, True)
    assert date_order(["2024-01-02", "01.02.2024"]) == (None, False)


def test_words_for_yes_and_no_and_choices_are_known_in_any_case() -> None:
    assert [cell(t, "boolean") for t in ("Ja", "OUI", "sí", "x", "Wahr", "да")] == [True] * 6
    assert [cell(t, "boolean") for t in ("Nein", "non", "FALSCH", "0")] == [False] * 4
    with pytest.raises(Wrong):
        cell("maybe", "boolean")
    choices = [{"value": "won", "label": "Gewonnen (übrig)"}, {"value": "lost", "label": "Lost, for good"}]
    assert cell(" GEWONNEN (UBRIG) ", "choice", choices=choices) == "won"
    assert cell("lost, for good", "multi_choice", choices=choices) == ["lost"]
    for text in ("won;lost", "won | lost", "lost,won", '["won","lost"]', "won\nlost"):
        assert cell(text, "multi_choice", choices=choices) == ["won", "lost"], text
    assert cell("won/lost", "multi_choice", Style(separator="/"), choices=choices) == ["won", "lost"]


@pytest.mark.parametrize(
    ("header", "texts", "kind"),
    [
        ("zip", ["01234", "99999"], "text"), ("account", ["1234567890123456", "2"], "text"),
        ("n", ["1", "-22", "333"], "integer"),
        ("n", ["1.5", "22"], "decimal"), ("n", ["1.234,50", "2,00"], "decimal"), ("n", ["€ 5", "6,50 €"], "money"),
        ("n", ["5%", "6%"], "decimal"), ("n", ["5 kg", "6"], "text"), ("n", ["12 a", "13"], "text"),
        ("n", ["1e5", "nan"], "text"),
        ("d", ["31.12.2024", "1.1.2025"], "date"), ("d", ["2024-01-01 12:00", "2024-01-02"], "datetime"),
        ("d", ["12/31/2024", "01/02/2025"], "date"), ("ok", ["Ja", "nein", "ja"], "boolean"), ("n", ["1", "0", "1"], "integer"),
        ("is_open", ["1", "0", "1"], "boolean"), ("m", ["a@b.example", "c@d.example"], "email"),
        ("u", ["https://a.example", "http://b.example/x"], "url"), ("Telefon", ["0421/123456", "+49 421 1"], "phone"),
        ("phone", ["4212345678", "4212345679"], "phone"), ("s", ["new", "old"] * 20, "choice"),
        ("s", [f"name {n}" for n in range(60)], "text"), ("t", ["x" * 600, "y"], "long_text"), ("e", [], "text"),
        ("order no", ["20240101", "20240102"], "integer"), ("Datum", ["20240101", "20240102"], "date"),
    ],
)  # fmt: skip
def test_kinds_are_guessed_without_destroying_anything(header: str, texts: list[str], kind: str) -> None:
    assert guess(header, texts).kind == kind


def test_what_a_field_would_need_to_know_is_guessed_too() -> None:
    assert guess("a", ["$5", "$1,234.50"]).options == {"currency": "USD"}
    assert guess("a", ["1.25", "2.5"]).options == {"places": 2}
    assert guess("s", ["New", "old"] * 20).options == {"choices": ["New", "old"]}
    assert guess("code", ["a1", "b2"]).identifier
    assert not guess("code", ["a1", "a1"]).identifier
