"""Records are picked by their names: by a combobox, or by typing a name where there is no script."""

from __future__ import annotations

from form_house import House

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_what_was_worked_on_comes_first_and_typing_finds(house: House) -> None:
    for name in ("Acme", "Bolt", "Crane"):
        house.make("firm", name=name, city="Rome")
    found = house.get("/firms/suggest?id=p")
    assert found.index("Crane") < found.index("Acme") and "Rome" in found and 'id="p-1"' in found
    found = house.get("/firms/suggest?q=bol&create=1")
    assert "Bolt" in found and "Acme" not in found and "Create “bol”" in found
    assert "Create" not in house.get("/firms/suggest?q=bolt&create=1")


def test_nobody_picks_what_they_may_not_see(house: House) -> None:
    house.make("firm", name="Secret")
    house.who = "charlie"
    assert "Secret" not in house.get("/firms/suggest?q=secr")
    house.who = "rita"
    assert "Create" not in house.get("/firms/suggest?q=unknown&create=1")


def test_people_are_found_by_name_and_address(house: House) -> None:
    assert "Bob" in house.get("/users/suggest?q=bob@ex")
    house.get("/files/suggest?q=x", 404)
    house.get("/nothing/suggest", 404)


def test_a_typed_name_is_found_without_script(house: House) -> None:
    firm = house.make("firm", name="Acme")
    answer = house.post("/things/new", {"name": "A", "firm": "", "_find.firm": "acm"}, 200, json=True)
    assert house.values(int(answer.get_json()["id"]))["firm"] == str(firm)
    house.make("firm", name="Acme South")
    page = house.post("/things/new", {"name": "B", "firm": "", "_find.firm": "acm"}, 422).text
    assert "fits several records" in page and "Acme South" in page
    page = house.post("/things/new", {"name": "B", "firm": "", "_find.firm": "zzz"}, 422).text
    assert "nothing is called “zzz”" in page
    page = house.post("/things/new", {"name": "B", "firm": "", "_find.firm": "acm", "_do": "find"}, 200).text
    assert "Acme South" in page and 'value="B"' in page


def test_the_short_form_asks_for_what_is_needed(house: House) -> None:
    found = house.get("/firms/new?_title=Xyz", **PARTIAL)
    assert 'name="name"' in found and 'value="Xyz"' in found and 'name="city"' not in found and "<html" not in found
    answer = house.post("/firms/new", {"_short": "1", "_has": "name", "name": "Xyz"}, 200, json=True).get_json()
    assert answer["title"] == "Xyz"
