"""What the record's page shows to whom, and what its forms do and refuse."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from appliance.features.record_page.neighbours import neighbours
from appliance.features.record_page.pages import copy_address
from appliance.features.record_page.past import as_of
from appliance.features.record_page.people import to_store


def walked(house: Any, start: int, words: str) -> list[str]:
    """The names from one record to the end of its list."""
    found = []
    with house.app.test_request_context():
        here: int | None = start
        while here:
            look = house.look("deal", here)
            found.append(look.title)
            near = neighbours(look, house.lists, words)
            assert near
            here = int(match[1]) if (match := re.search(r"/deals/(\d+)", near.next)) else None
    return found


def test_the_next_record_is_that_of_the_list_even_through_relations_and_empty_values(house: Any) -> None:
    firms = [house.make("firm", name=name) for name in ("Zeta", "Alpha")]
    ids = {}
    for n, (firm, stage) in enumerate([(0, "new"), (1, "new"), (None, "new"), (1, "won"), (0, "new")]):
        values = {"firm": firms[firm]} if firm is not None else {}
        ids[n] = house.make("deal", name=f"D{n}", stage=stage, **values)
    assert walked(house, ids[0], "sort=-name&filter[stage]=new") == ["D0"]
    in_order = walked(house, ids[1], "sort=firm.name&filter[stage]=new")
    assert in_order[:3] == ["D1", "D0", "D4"]


def test_words_that_are_no_list_lead_nowhere(house: Any) -> None:
    deal = house.make("deal", name="Alone")
    for words in ("sort=nothing", "filter[x]=1", "x=y", "%00", "filter[q]=a"):
        assert "Previous record" not in house.get(f"/deals/{deal}?list={words.replace('=', '%3D')}")


def test_who_may_not_see_a_record_learns_nothing_of_it(house: Any) -> None:
    deal = house.make("deal", name="Not hers")
    house.get(f"/deals/{deal}", 404, "olga")
    house.get(f"/deals/{deal}/history", 404, "olga")
    house.get(f"/deals/{deal}/news?after=0", 404, "olga")
    house.post(f"/deals/{deal}/delete")
    assert "is in the trash" in house.get(f"/deals/{deal}", 410)
    house.get(f"/deals/{deal}", 404, "olga")
    assert "Not hers" in house.get("/deals/trash")
    assert "Not hers" not in house.get("/deals/trash", who="olga")


def test_what_cannot_come_back_says_why(house: Any) -> None:
    firm = house.make("firm", name="First", code="X1")
    house.post(f"/firms/{firm}/delete")
    house.make("firm", name="Second", code="X1")
    page = house.post(f"/firms/{firm}/bring-back", 409)
    assert "code" in page.lower()
    assert "is in the trash" in house.get(f"/firms/{firm}", 410)


def test_a_reader_may_comment_and_do_nothing_else(house: Any) -> None:
    deal = house.make("deal", name="Read me", stage="offer")
    house.change("deal", deal, stage="new")
    house.post(f"/deals/{deal}/comments", who="rita", text="Fine")
    for path, form in (
        ("set", {"field": "stage", "value": "won", "was": "new"}),
        ("restore", {"version": "1"}),
        ("files", {"field": "papers", "file": "1"}),
    ):
        house.post(f"/deals/{deal}/{path}", 403, "rita", **form)
    house.post(f"/deals/{deal}/delete", 403, "rita")
    assert house.look("deal", deal).values["stage"] == "new"


def test_a_step_somebody_else_took_meanwhile_is_not_overrun(house: Any) -> None:
    deal = house.make("deal", name="Race", stage="new")
    house.change("deal", deal, stage="won")
    page = house.post(f"/deals/{deal}/set", 409, field="stage", value="offer", was="new")
    assert "Somebody changed it meanwhile" in page
    assert house.look("deal", deal).values["stage"] == "won"


def test_a_refused_comment_comes_back_with_what_was_typed(house: Any) -> None:
    deal = house.make("deal", name="Long")
    page = house.post(f"/deals/{deal}/comments", 422, text="y" * 10_001)
    assert "yyyyyyyy" in page
    assert "10000" in page


def test_what_somebody_writes_is_never_markup(house: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    firm = house.make("firm", name=evil)
    deal = house.make("deal", name=evil, firm=firm)
    house.make("note", subject=evil, body=evil, deal=deal)
    house.change("deal", deal, name=evil + "2")
    house.post(f"/deals/{deal}/comments", text=f"{evil} @Rita {evil}")
    first = house.records.log.of_record("deal", deal)[-1].position
    for path in (f"/deals/{deal}", f"/deals/{deal}/history", f"/deals/{deal}?as-of={first}", f"/firms/{firm}"):
        assert evil not in house.get(path)
        assert "{{" not in house.get(path)


def test_a_day_is_the_readers_own(house: Any) -> None:
    """23:30 UTC is the next day in Berlin already."""
    deal = house.make("deal", name="Midnight", amount="1.00")
    house.change("deal", deal, amount="2.00")
    sql = house.records.database.sql
    with house.records.database.write():
        for version, at in ((1, "2026-03-01T12:00:00+00:00"), (2, "2026-03-02T23:30:00+00:00")):
            micros = int(datetime.fromisoformat(at).timestamp() * 1_000_000)
            house.records.database.run(
                sql("UPDATE ingot_log SET at = ? WHERE entity = ? AND record = ? AND version = ?"),
                (micros, "deal", deal, version),
            )
    assert as_of(house.look("deal", deal), "2026-03-02").values["amount"] == "1.00"
    assert as_of(house.look("deal", deal), "2026-03-03").values["amount"] == "2.00"
    house.get(f"/deals/{deal}?as-of=2026-02-01", 404)
    house.get(f"/deals/{deal}?as-of=yesterday", 400)


def test_one_value_comes_back_and_the_others_stay(house: Any) -> None:
    deal = house.make("deal", name="Both", amount="1.00", stage="new")
    house.change("deal", deal, amount="2.00", stage="won")
    to = house.post(f"/deals/{deal}/restore", version="1", field="amount")
    values = house.look("deal", deal).values
    assert (values["amount"], values["stage"]) == ("1.00", "won")
    transaction = re.search(r"done=([\w-]+)", to)
    assert transaction
    house.post(f"/deals/{deal}/undo", transaction=transaction[1])
    assert house.look("deal", deal).values["amount"] == "2.00"


def test_news_tell_of_others_and_not_of_oneself(house: Any) -> None:
    deal = house.make("deal", name="News")
    before = house.records.log.last()
    house.change("deal", deal, "ada", amount="5.00", stage="won")
    assert '"Ada changed Stage, Amount"' in house.get(f"/deals/{deal}/news?after={before}")
    assert '"text":""' in house.get(f"/deals/{deal}/news?after={before}", who="ada")
    after = house.records.log.last()
    assert '"text":""' in house.get(f"/deals/{deal}/news?after={after}")
    house.post(f"/deals/{deal}/comments", who="rita", text="Hm")
    assert '"changed":true' in house.get(f"/deals/{deal}/news?after={after}", who="rita")
    assert '"Rita commented"' in house.get(f"/deals/{deal}/news?after={after}")


def test_news_tell_of_records_around_it_and_of_no_others(house: Any) -> None:
    deal, other = house.make("deal", name="Center"), house.make("deal", name="Other")
    after = house.records.log.last()
    house.make("note", "ada", subject="Elsewhere", body="x", deal=other)
    assert '"changed":false' in house.get(f"/deals/{deal}/news?after={after}")
    house.make("note", "ada", subject="Here", body="x", deal=deal)
    assert "Ada added Note “Here”" in house.get(f"/deals/{deal}/news?after={after}")


def test_a_name_with_an_at_becomes_a_mention_the_longest_first() -> None:
    people = {1: "Ann", 2: "Ann Lee", 3: "ann lee"}
    assert to_store("@Ann Lee and @ann, but ada@Ann.example", people) == "@[user:3] and @[user:1], but ada@Ann.example"
    assert to_store("@Ann Lee", people, [2]) == "@[user:2]"
    assert to_store("@Anna", people) == "@Anna"


def test_a_copy_carries_what_may_be_written(house: Any) -> None:
    deal = house.make("deal", name="Two & more", amount="9.50", close="2026-12-24")
    look = house.look("deal", deal)
    assert copy_address(look.entity, look.values) == "/deals/new?name=Two+%26+more&amount=9.50&close=2026-12-24"


def test_a_number_that_no_record_can_have_is_not_found(house: Any) -> None:
    for number in (0, 2**63 - 1, 2**63, 10**30):
        house.get(f"/deals/{number}", 404)


def test_a_record_named_with_blanks_is_called_by_its_number(house: Any) -> None:
    assert "<h1>Firm 1</h1>" in house.get(f"/firms/{house.make('firm', name='   ')}")
