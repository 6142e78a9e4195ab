"""A form is read kind by kind and written through the one door: what fits is saved, what does not comes back beside its field."""

from __future__ import annotations

import io
import re

from form_house import House

EVERYTHING = {
    "_has": "good,colours,firms", "name": "Anvil", "code": "A1", "story": "one\r\ntwo", "count": "1,234", "ratio": "0.125",
    "price": "1,234.50 €", "good": ["false", "true"], "day": "2026-11-22", "at": "2026-07-01T14:30", "stage": "old",
    "colours": ["blue", "red"], "email": "a@example.org", "phone": "+49 30 1", "site": "www.example.org/x",
    "extra": '{"a": [1]}',
}  # fmt: skip


def test_every_kind_is_read(house: House) -> None:
    firm, other = house.make("firm", name="Acme"), house.make("firm", name="Bolt")
    form = {**EVERYTHING, "firm": str(firm), "firms": [str(firm), str(other)]}
    answer = house.post("/things/new", form, 303)
    record = int(re.findall(r"/things/(\d+)\?done=", answer.headers["Location"])[0])
    found = house.values(record)
    assert (found["name"], found["story"], found["count"], found["price"]) == ("Anvil", "one\ntwo", 1234, "1234.50")
    assert (found["ratio"], found["good"], found["day"], found["stage"]) == ("0.125", True, "2026-11-22", "old")
    assert found["at"] == "2026-07-01T12:30:00.000Z"  # half past two in Berlin, in summer
    assert (found["colours"], found["site"], found["extra"]) == (
        ["red", "blue"],
        "https://www.example.org/x",
        {"a": [1]},
    )
    assert (found["firm"], found["firms"], found["number"]) == (str(firm), [firm, other], "T-001")


def test_saving_what_one_sees_changes_nothing(house: House) -> None:
    firm = house.make("firm", name="Acme")
    record = house.make(
        "thing", name="Anvil", ratio="0.5", price="9.99", at="2026-01-01T10:00:59.123Z", colours=["red"], firms=[firm],
        extra={"b": 1}, story="a\nb",
    )  # fmt: skip
    page = house.get(f"/things/{record}/edit", language="de")
    form: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", page.split('id="record-form"')[1]):
        words = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        kept = words.get("type") not in ("checkbox", "radio", "file") or " checked" in tag
        if "name" in words and kept:
            form.setdefault(words["name"], []).append(words.get("value", "").replace("&#34;", '"'))
    for name, text in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.S):
        form[name] = [text.replace("&#34;", '"').replace("\n", "\r\n")]
    for name, options in re.findall(r'<select [^>]*name="(\w+)".*?>(.*?)</select>', page, re.S):
        form[name] = re.findall(r'<option value="(\d+)" selected', options)
    assert form["firms"] == [str(firm)]
    assert form["price"] == ["9,99"]
    house.post(f"/things/{record}/edit", form, 303, language="de")
    assert house.version(record) == 1


def test_numbers_are_typed_as_the_country_writes_them(house: House) -> None:
    def price(text: str, language: str) -> str | None:
        answer = house.post("/things/new", {"name": "n", "price": text}, 200, language=language, json=True)
        found: str | None = house.values(int(answer.get_json()["id"]))["price"]
        return found

    assert price("1.234,5", "de-DE") == "1234.50" and price("1,234.5", "en-GB") == "1234.50"
    assert price("1234.50", "de-DE") == "1234.50"  # nowhere else could that be a thousand
    assert price("1’234.50", "de-CH") == "1234.50"
    assert price("", "de-DE") is None
    page = house.post("/things/new", {"name": "n", "price": "12,3,4"}, 422, language="de-DE").text
    assert "zum Beispiel 1234,50" in page and 'value="12,3,4"' in page


def test_what_does_not_fit_comes_back_with_all_that_was_typed(house: House) -> None:
    form = {**EVERYTHING, "name": "", "count": "lots", "email": "nobody", "extra": "{\n1", "day": "2026-11-22"}
    page = house.post("/things/new", form, 422).text
    for told in ("Name is required.", "Count must be a number", "Email is not an e-mail address.", "line 2"):
        assert told in page, told
    for kept in ('value="lots"', 'value="nobody"', 'value="1,234.50 €"', 'value="2026-07-01T14:30"', 'value="A1"'):
        assert kept in page, kept
    assert page.count("data-wrong") == 0 or 'aria-invalid="true"' in page
    assert re.search(r'<a href="#f-name">Name is required', page)


def test_a_taken_value_is_told_at_its_field(house: House) -> None:
    house.make("thing", name="First", code="A1")
    answer = house.post("/things/new", {"name": "Second", "code": "A1"}, 422, json=True)
    assert [p["field"] for p in answer.get_json()["problems"]] == ["code"]


def test_a_form_checked_while_one_types_writes_nothing(house: House) -> None:
    record = house.make("thing", name="Anvil", code="A1")
    house.make("thing", name="Other", code="B1")
    form = {"_id": str(record), "_version": "1", "name": "", "code": "B1", "count": "-3"}
    found = {p["field"]: p["message"] for p in house.post("/things/check", form, 200).get_json()["problems"]}
    assert set(found) == {"name", "count"} and "between" in found["count"]
    form |= {"name": "Anvil", "count": "3"}
    assert [p["field"] for p in house.post("/things/check", form, 200).get_json()["problems"]] == ["code"]
    assert house.version(record) == 1


def test_files_come_with_a_plain_form_and_stay_when_it_is_sent_back(house: House) -> None:
    form = {"_has": "papers", "name": "", "papers": (io.BytesIO(b"%PDF-1.4 x"), "plan.pdf")}
    page = house.post("/things/new", form, 422).text
    kept = re.findall(r'name="papers" value="(\d+)" checked', page)
    assert len(kept) == 1 and "plan.pdf" in page
    answer = house.post("/things/new", {"_has": "papers", "name": "Anvil", "papers": kept}, 200, json=True)
    record = int(answer.get_json()["id"])
    assert house.values(record)["papers"] == [int(kept[0])]
    house.post(f"/things/{record}/edit", {"_version": "1", "_has": "papers"}, 303)  # the box is not ticked any more
    assert house.values(record)["papers"] == []


def test_the_address_fills_a_new_form(house: House) -> None:
    firm = house.make("firm", name="Acme Works")
    page = house.get(f"/things/new?firm={firm}&stage=old&price=12.5&at=2026-07-01T12:30:00Z&name=A%26B", language="de")
    assert f'<option value="{firm}" selected>Acme Works</option>' in page
    assert 'value="old" checked' in page and 'value="12,50"' in page and 'value="2026-07-01T14:30"' in page
    assert 'value="A&amp;B"' in page


def test_save_and_new_leads_to_the_next_one_filled_alike(house: House) -> None:
    answer = house.post("/things/new?stage=old", {"name": "One", "stage": "old", "_do": "another"}, 303)
    location = answer.headers["Location"]
    assert location.startswith("/things/new?_saved=") and "stage=old" in location
    page = house.get(location)
    assert "One</a> is saved." in page and 'value="old" checked' in page and 'name="transaction"' in page


def test_without_the_right_there_is_no_form(house: House) -> None:
    record = house.make("thing", name="Anvil")
    house.who = "rita"
    house.get("/things/new", 403)
    house.get(f"/things/{record}/edit", 403)
    house.post(f"/things/{record}/edit", {"_version": "1", "name": "Mine"}, 403)
    house.who = "charlie"
    house.get(f"/things/{record}/edit", 404)
    assert "Owner" not in house.get("/things/new")
    assert house.values(record)["name"] == "Anvil"
