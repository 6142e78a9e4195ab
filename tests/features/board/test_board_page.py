"""A board shows a list's records by the choices of a field, and moves them as plain forms, too."""

from __future__ import annotations

import re
from urllib.parse import unquote

from form_house import House

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def column(page: str, key: str) -> str:
    found = re.search(rf'id="column-{key}".*?</section>', page, re.S)
    assert found, key
    return found[0]


def test_columns_count_and_add_up_what_they_hold(house: House) -> None:
    house.make("thing", name="One", stage="new", price="10")
    house.make("thing", name="Two", stage="new", price="5.50")
    house.make("thing", name="Three", stage="old")
    page = house.get("/things/board")
    new, old = column(page, "new"), column(page, "old")
    assert "One" in new and "Two" in new and "€16" in new and "</span>2</span>" in new
    assert "Three" in old and "One" not in old
    assert 'id="column--"' not in page
    house.make("thing", name="Four")
    assert "Four" in column(house.get("/things/board"), "-")


def test_a_million_is_said_in_short(house: House) -> None:
    house.make("thing", name="One", stage="new", price="1250000")
    assert re.search(r"1,2\s+Mio\.\s+€", house.get("/things/board", language="de"))


def test_the_words_of_the_list_narrow_it(house: House) -> None:
    house.make("thing", name="One", stage="new", count=1)
    house.make("thing", name="Two", stage="new", count=2)
    page = house.get("/things/board?filter[count][gte]=2")
    assert "Two" in page and "card-title" in page and ">One<" not in page
    assert 'href="/things?filter[count][gte]=2"' in page  # the table of the same list
    house.get("/things/board?group_by=colours", 404)
    house.get("/firms/board", 404)


def test_more_cards_of_one_column(house: House) -> None:
    for n in range(33):
        house.make("thing", name=f"No {n}", stage="new")
    page = house.get("/things/board")
    assert page.count('class="board-card"') == 30
    link = re.search(r'href="([^"]*)" data-more', page)
    assert link and "_pages=new:2" in link[1]
    page = house.get(link[1].replace("&amp;", "&"), **PARTIAL)
    assert page.count('class="board-card"') == 33 and "data-more" not in page and "<html" not in page


def test_a_card_is_moved_by_a_form_and_taken_back(house: House) -> None:
    record = house.make("thing", name="One", stage="new")
    page = house.get(f"/things/board?filter[name]=One&_move={record}")
    assert 'class="move-form"' in page and 'name="to" value="old"' in page
    form = {"id": str(record), "version": "1", "to": "old"}
    answer = house.post("/things/board/move?filter[name]=One", form, 303)
    location = unquote(answer.headers["Location"])
    assert location.startswith("/things/board?filter[name]=One&_done=") and house.values(record)["stage"] == "old"
    transaction = re.search(r"_done=([^&]+)", location)
    assert transaction and "Undo" in house.get(location)
    house.post("/things/board/undo", {"transaction": transaction[1]}, 303)
    assert house.values(record)["stage"] == "new"


def test_who_comes_late_is_told_and_nothing_is_moved(house: House) -> None:
    record = house.make("thing", name="One", stage="new")
    house.change(record, name="Two")
    page = house.post("/things/board/move", {"id": str(record), "version": "1", "to": "old"}, 412).text
    assert "changed meanwhile" in page and house.values(record)["stage"] == "new"


def test_nobody_moves_what_they_may_only_see(house: House) -> None:
    record = house.make("thing", name="One", stage="new")
    house.who = "rita"
    page = house.get("/things/board")
    assert "One" in page and "data-move" not in page
    house.post("/things/board/move", {"id": str(record), "version": "1", "to": "old"}, 403)
    house.who = "charlie"
    assert ">One<" not in house.get("/things/board")
