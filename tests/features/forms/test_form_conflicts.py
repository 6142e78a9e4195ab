"""Two people save the same record: nothing is lost, and only what both changed differently is asked about."""

from __future__ import annotations

from form_house import House


def test_changes_of_different_fields_go_together(house: House) -> None:
    record = house.make("thing", name="Anvil", stage="new", count=1)
    house.change(record, count=2)
    house.post(f"/things/{record}/edit", {"_version": "1", "name": "Hammer", "count": "1", "stage": "new"}, 303)
    found = house.values(record)
    assert (found["name"], found["count"], found["stage"]) == ("Hammer", 2, "new")


def test_a_clash_shows_both_sides_and_the_past(house: House) -> None:
    record = house.make("thing", name="Anvil", count=1, code="c")
    house.change(record, name="Tongs", count=2)
    page = house.post(
        f"/things/{record}/edit", {"_version": "1", "name": "Hammer", "count": "1", "code": "d"}, 409
    ).text
    assert house.values(record)["name"] == "Tongs"
    for part in ("Hammer", "Tongs", "Anvil", "By Bob", 'name="_pick.name"', 'name="_version" value="2"'):
        assert part in page, part
    assert (
        'name="_pick.count"' not in page and 'name="count" type="text" value="2"' in page
    )  # theirs, where I changed nothing
    form = {"_version": "2", "name": "Hammer", "count": "2", "code": "d"}
    house.post(f"/things/{record}/edit", {**form, "_pick.name": "theirs"}, 303)
    found = house.values(record)
    assert (found["name"], found["code"], found["count"]) == ("Tongs", "d", 2)
    house.post(f"/things/{record}/edit", {**form, "_version": "3", "_pick.name": "mine"}, 303)
    assert house.values(record)["name"] == "Hammer"


def test_the_same_change_twice_is_no_clash(house: House) -> None:
    record = house.make("thing", name="Anvil", price="1")
    house.change(record, price="2.50")
    house.post(f"/things/{record}/edit", {"_version": "1", "name": "Anvil", "price": "2,50"}, 303, language="de")
    assert house.version(record) == 2


def test_links_that_both_added_are_all_there(house: House) -> None:
    a, b, c, d = (house.make("firm", name=n) for n in "abcd")
    record = house.make("thing", name="Anvil", firms=[a, b])
    house.change(record, firms=[a, b, c])
    house.post(f"/things/{record}/edit", {"_version": "1", "_has": "firms", "firms": [str(a), str(d)]}, 303)
    assert house.values(record)["firms"] == [a, c, d]


def test_the_script_gets_the_form_alone(house: House) -> None:
    record = house.make("thing", name="Anvil")
    house.change(record, name="Tongs")
    answer = house.post(f"/things/{record}/edit", {"_version": "1", "name": "Hammer"}, 409, json=True)
    assert answer.mimetype == "text/html" and "<html" not in answer.text and 'id="record-form"' in answer.text
