"""The timeline tells everything once, in order, whatever it comes from and however it is paged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from appliance.base import clock
from appliance.features.comments import comments
from appliance.features.record_page import timeline as module
from appliance.features.record_page.timeline import coming_up, timeline


def ago(hours: float) -> str:
    return clock.wire(clock.now() - timedelta(hours=hours))


def told(house: Any, deal: int) -> list[str]:
    """What all pages say, by text or sentence, read as a person would: page after page."""
    found, cursor = [], ""
    for _ in range(50):
        page = timeline(house.look("deal", deal), cursor)
        found += [f"{i.kind}: {i.text or i.html}" for day in page.days for i in day.items]
        cursor = page.older
        if not cursor:
            return found
    raise AssertionError("the pages never end")


def test_comments_changes_and_related_records_come_once_and_newest_first(house: Any, monkeypatch: Any) -> None:
    deal = house.make("deal", name="Many voices", amount="1.00")
    for n in range(2, 8):
        house.change("deal", deal, amount=f"{n}.00")
        with house.records.work(house.actors["rita"]) as work:
            comments.add(work, "deal", deal, f"said {n}")
        house.make("note", subject=f"note {n}", body=f"written {n}", deal=deal)
        house.make("call", subject=f"call {n}", said=f"called {n}", at=ago(24 * n), deal=deal)
    same_time = ago(400)
    for n in range(5):
        house.make("call", subject=f"twin {n}", said=f"twin {n}", at=same_time, deal=deal)
    house.make("call", subject="of another", said="of another", at=ago(1), deal=house.make("deal", name="Other"))
    whole = told(house, deal)
    assert len(whole) == len(set(whole)) == 1 + 6 * 4 + 5
    monkeypatch.setattr(module, "SIZE", 3)
    assert sorted(told(house, deal)) == sorted(whole)
    calls = [line for line in told(house, deal) if "called" in line]
    assert calls == [f"related: called {n}" for n in range(2, 8)]


def test_a_page_behind_a_day_does_not_name_the_day_again(house: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "SIZE", 2)
    deal = house.make("deal", name="One day")
    for n in range(3):
        house.change("deal", deal, amount=f"{n + 1}.00")
    first = timeline(house.look("deal", deal))
    second = timeline(house.look("deal", deal), first.older)
    assert [d.label for d in first.days] == ["Today"]
    assert [d.label for d in second.days] == [""]


def test_what_is_still_to_come_stands_apart(house: Any) -> None:
    deal = house.make("deal", name="Ahead")
    house.make("call", subject="later", said="x", at=ago(-50), deal=deal)
    house.make("call", subject="sooner", said="x", at=ago(-2), deal=deal)
    look = house.look("deal", deal)
    assert [i.html.striptags() for i in coming_up(look)] == ["sooner", "later"]  # type: ignore[attr-defined]
    assert not [line for line in told(house, deal) if line.startswith("related")]


def test_records_that_one_may_not_read_tell_nothing(house: Any) -> None:
    deal = house.make("deal", "olga", name="Hers")
    house.make("note", subject="secret", body="Eriks note", deal=deal)
    house.get(f"/deals/{deal}", who="olga")
    page = timeline(house.look("deal", deal, "olga"))
    assert not [i for day in page.days for i in day.items if i.kind == "related"]


def test_a_cursor_of_nonsense_begins_anew(house: Any) -> None:
    deal = house.make("deal", name="Strange")
    house.make("call", subject="one", said="x", at=ago(1), deal=deal)
    for cursor in ("%%%", "e30", "W10", module.write_cursor({"log": "x", "comment": -1.5, "call.deal": [1, "a"]})):
        assert "Strange" in house.get(f"/deals/{deal}?before={cursor}")
    assert house.get(f"/deals/{deal}/activity?before={'A' * 300}")
