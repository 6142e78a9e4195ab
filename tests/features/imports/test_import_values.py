"""What people write in cells is understood, and what could mean two things is not guessed."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.features.imports.dates import date_order, plain_date, plain_datetime
from appliance.features.imports.guessing import guess
from appliance.features.imports.number_shapes import NumberText
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
        ("1234.5", "1234.50"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("€ 1,50", "1.50"), ("1,50 €", "1.50"), ("1,50 EUR", "1.50"), ("EUR 1,234,567.89", "1234567.89"),
        ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"), ("-€5", "-5.00"), ("€-5", "-5.00"), ("\u2212" + "7,25", "-7.25"), ("+3", "3.00"),
        ("1\u00a0234,5", "1234.50"), ("12,34,567.00", "1234567.00"), (".5", "0.50"), ("n/a", None), ("-", None),
        ("", None),
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
    assert decimal_sign(["1.613", "379"]) == (None, True)
    assert decimal_sign(["1.613", "0.379"]) == (".", False)
    assert decimal_sign([NumberText("1.613"), NumberText("379")]) == (".", False)


@pytest.mark.parametrize("text", ["114 55", "12 34 56", "1 23,4", "1E5", "1_000", "٣", "²"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    for kind in ("integer", "decimal", "money"):
        with pytest.raises(Wrong):
            cell(text, kind) if text != "1E5" or kind == "integer" else cell("1E5x", kind)


def test_digits_that_a_field_does_not_hold_are_never_rounded_away() -> None:
    assert cell("40.102875", "decimal") == "40.102875"
    for text in ("40.1028754", "40,1028754"):
        with pytest.raises(Wrong):
            cell(text, "decimal")


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
        ("31 Jan 2024", None, "2024-01-31"), ("Jan 31, 2024", None, "2024-01-31"),
        ("31. März 2024", None, "2024-03-31"),
        ("31-Dec-69", None, "1969-12-31"), ("20240131", None, "2024-01-31"),
        ("2024-01-31 00:00:00", None, "2024-01-31"),
        ("Wed, 31 January 2024", None, "2024-01-31"), ("2024年1月31日", None, "2024-01-31"),
        ("1st May 2024", None, "2024-05-01"),
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
        ("n", ["5%", "6%"], "text"), ("n", ["5 kg", "6"], "text"), ("n", ["12 a", "13"], "text"),
        ("n", ["5 €", "6"], "text"),
        ("n", ["1e5", "nan"], "text"), ("n", ["1E5"], "text"), ("n", ["+5", "6"], "text"), ("n", ["-0", "1"], "text"),
        ("n", ["1-2", "10-20"], "text"), ("n", ["(5)", "6"], "text"), ("n", ["n/a", "6"], "text"), ("n", ["٣"], "text"),
        ("d", ["31.12.2024", "1.1.2025"], "date"), ("d", ["2024-01-01 12:00", "2024-01-02"], "datetime"),
        ("d", ["31.12.2024", "2025-01-01"], "text"), ("d", ["31.02.2024"], "text"),
        ("d", ["2024-01-01T12:00:00.123456"], "text"),
        ("version", ["1.2.10", "10.11.12"], "text"), ("x", ["10.11.12", "1.2.24"], "text"),
        ("born", ["12/31/45"], "text"),
        ("d", ["12/31/2024", "01/02/2025"], "date"), ("ok", ["Ja", "nein", "ja"], "boolean"),
        ("n", ["1", "0", "1"], "integer"),
        ("is_open", ["1", "0", "1"], "integer"), ("is_open", ["y", "n"], "boolean"), ("sex", ["f", "m"], "text"),
        ("s", ["f"], "text"),
        ("x", ["x", "x"], "text"), ("ok", ["yes", "yes"], "text"), ("ok", ["yes", "nein"], "text"),
        ("land", ["no", "yes"], "text"),
        ("country", ["NO", "NO"], "text"), ("c", ["NO", "SI"], "text"), ("language", ["no", "si"], "text"),
        ("c", ["Sí", "No"], "boolean"),
        ("m", ["a@b.example", "c@d.example"], "email"), ("phone", ["1234567", "7654321"], "phone"),
        ("u", ["https://a.example", "http://b.example/x"], "url"), ("Telefon", ["0421/123456", "+49 421 1"], "phone"),
        ("phone", ["4212345678", "4212345679"], "phone"), ("x", ["+49 30 1234567"], "phone"),
        ("Telefon", ["555 555 1111"], "phone"),
        ("x", ["555 555 1111"], "text"), ("PLZ", ["10115", "80331"], "text"), ("x", ["114 55", "115 22"], "text"),
        ("x", ["110 001", "200 300"], "text"), ("x", ["1 234", "12"], "integer"), ("Größe", ["38", "40"], "text"),
        ("Version", ["1.9", "2.0"], "text"), ("x", ["1.9", "1.10"], "text"), ("lat", ["40.1028754"], "decimal"),
        ("code", ["ABC123"], "text"), ("x", ["INV2024", "INV2025"], "text"), ("x", ["ITC 11"], "text"),
        ("x", ["EUR5"], "text"),
        ("x", ["TOP 10", "TOP 20"], "text"), ("x", ["EUR 5", "EUR 6"], "money"), ("x", ["kr 5,50"], "text"),
        ("x", ["5 XYZ"], "text"),
        ("t", ["a\nb", "c"], "long_text"), ("t", ["a\tb"], "long_text"), ("s", ["new", "New"] * 20, "text"),
        ("s", ["new", "old"] * 20, "choice"), ("n", ["1.5", "1,5"], "text"),
        ("s", [f"name {n}" for n in range(60)], "text"), ("t", ["x" * 600, "y"], "long_text"), ("e", [], "text"),
        ("order no", ["20240101", "20240102"], "integer"), ("Datum", ["20240101", "20240102"], "date"),
    ],
)  # fmt: skip
def test_kinds_are_guessed_without_destroying_anything(header: str, texts: list[str], kind: str) -> None:
    assert guess(header, texts).kind == kind


def test_what_a_field_would_need_to_know_is_guessed_too() -> None:
    assert guess("a", ["$5", "$1,234.50"]).options == {"currency": "USD"}
    assert guess("a", ["1.25", "2.5"]).options == {"places": 2}
    assert guess("a", ["100.00", "250.00"]).options == {"places": 2}
    assert guess("a", ["1.2345", "2.5"]).options == {}  # six places, shown as far as they are written
    assert guess("s", ["New", "old"] * 20).options == {"choices": ["New", "old"]}
    assert guess("code", ["a1", "b2"]).identifier
    assert guess("a", ["1.234", "2.345"]).ambiguous and guess("a", ["1,234", "2,345"]).ambiguous
    assert not guess("a", ["1,234", "1234.5"]).ambiguous
