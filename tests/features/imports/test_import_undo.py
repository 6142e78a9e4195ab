"""An import can be taken back as a whole: what it made goes, what it changed is as before, what others touched stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.features.imports import running
from appliance.features.imports.history import History, Import, Trace
from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan, Report
from appliance.features.imports.running import run_import
from appliance.features.imports.undoing import undo_import
from appliance.features.undo import undoing
from appliance.features.undo.taking_back import Undone
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.query import Page, Query
from appliance.records.reading import Reading
from appliance.records.records import Records
from appliance.records.steps import Steps

FIRM = {"name": "firm", "fields": [{"name": "code", "unique": True}, {"name": "name"}]}
ITEM: dict[str, Any] = {"name": "item", "fields": [
    {"name": "code", "unique": True}, {"name": "name"}, {"name": "price", "kind": "money"}, {"name": "day", "kind": "date"},
    {"name": "firm", "kind": "relation", "target": "firm"}, {"name": "firms", "kind": "relations", "target": "firm"},
    {"name": "parent", "kind": "relation", "target": "item"}, {"name": "sort", "kind": "choice", "choices": ["a", "b"]},
]}  # fmt: skip


class Shop:
    def __init__(self, records: Records, folder: Path):
        self.records, self.file, self.history = records, folder / "f.csv", History(records.database)
        with records.change_schema(SYSTEM) as schema:
            schema.create_entities([read_entity(d) for d in (FIRM, ITEM)])

    def bring(self, content: str, entity: str = "item", actor: Actor = SYSTEM, **plan: Any) -> tuple[Import, Report]:
        self.file.write_text(content, encoding="utf-8")
        with self.records.database.write():
            number = self.history.begin(None, actor.key, entity, "f.csv", {})
        report = run_import(self.records, actor, Plan(entity, self.file, **plan), trace=Trace(self.records, number))
        return self.history.get(f"shell-{number}"), report

    def undo(self, done: Import, actor: Actor = SYSTEM, **more: Any) -> Undone:
        return undo_import(self.records, actor, done, **more)

    def rows(self, entity: str = "item") -> list[dict[str, Any]]:
        reading = Reading(self.records.database, self.records.registry, SYSTEM)
        table = self.records.registry.tables[entity]
        rows = reading.page(Query(entity, page=Page(500))).rows
        links = {f.name: reading.linked(table, f, [r[0] for r in rows]) for f in table.links}
        hidden = ("updated_at", "created_at")
        shown = [{k: v for k, v in table.show(r).items() if k not in hidden} for r in rows]
        return [{"id": r[0], **s, **{n: of[r[0]] for n, of in links.items()}} for r, s in zip(rows, shown, strict=True)]


@pytest.fixture
def shop(records: Records, tmp_path: Path) -> Shop:
    return Shop(records, tmp_path)


def test_all_that_an_import_created_and_changed_is_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 3)
    monkeypatch.setattr(undoing, "BATCH", 2)
    shop.bring("code,name\nA,Alpha\nB,Beta\n", "firm")
    shop.bring('code,name,price,firm,firms\n1,One,1.50,1,\n2,Two,,,"1,2"\n3,Three,3,2,1\n', mapping={})
    before, firms = shop.rows(), shop.rows("firm")
    done, report = shop.bring(
        "code,name,price,day,firm,firms,parent\n"
        '1,Eins,2.50,2024-01-01,C,A,\n4,Four,4,,C,,1\n2,Two,9,,,,\n5,Five,,,D,"A,B",\n1,Uno,3,2024-01-02,A,,\n3,Three,3,,B,A,\n',
        keys=("code",),
        mapping={"firm.code": "firm", "firms.code": "firms"},
        options=Options(create_missing=("firm",)),
    )
    assert (report.created, report.updated, report.unchanged, report.linked_created, report.rejects) == (2, 3, 1, 2, [])
    undone = shop.undo(done)
    assert shop.rows() == before
    assert shop.rows("firm") == firms
    assert (undone.deleted, undone.restored, undone.kept, undone.gone) == (4, 2, 0, 0)
    again = shop.undo(done)
    assert (again.deleted, again.restored) == (0, 0)
    assert shop.rows() == before


def test_what_somebody_changed_or_links_to_afterwards_is_kept_and_reported(shop: Shop) -> None:
    shop.bring("code,name\n1,One\n2,Two\n")
    done, _ = shop.bring("code,name\n1,Eins\n2,Zwei\n3,Three\n4,Four\n5,Five\n", keys=("code",))
    with shop.records.work(SYSTEM) as work:
        work.update("item", 1, {"price": "5"})
        work.update("item", 3, {"name": "Mine now"})
        work.create("item", {"code": "9", "parent": "4"})
        work.delete("item", 5)
    undone = shop.undo(done)
    assert {(e["id"], e["reason"]) for e in undone.left} == {
        ("3", "somebody changed it since"), ("4", "item records point at it"),
    }  # fmt: skip
    assert [e["fields"] for e in undone.left if e["id"] == "3"] == [
        [{"field": "name", "now": "Mine now", "would_be": None}]
    ]
    assert (undone.restored, undone.deleted, undone.gone, undone.kept) == (2, 0, 1, 2)
    assert [(r["code"], r["name"]) for r in shop.rows()] == [
        ("1", "One"), ("2", "Two"), ("3", "Mine now"), ("4", "Four"), ("9", None),
    ]  # fmt: skip


def test_names_that_changed_since_do_not_hinder_it(shop: Shop) -> None:
    shop.bring("code,name\n1,One\n")
    done, _ = shop.bring("code,name\n1,Eins\n2,Two\n", keys=("code",))
    with shop.records.change_schema(SYSTEM) as schema:
        held = schema.entities()["item"]
        schema.change_field(held, held.by_name["name"], {"name": "title"})
        schema.change_entity(schema.entities()["item"], {"name": "thing", "plural": "things"})
    undone = shop.undo(done)
    assert (undone.restored, undone.deleted) == (1, 1)
    assert [(r["code"], r["title"]) for r in shop.rows("thing")] == [("1", "One")]


def test_an_undo_that_was_killed_goes_on_behind_what_it_did(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "BATCH", 2)
    shop.bring("code,name\n1,One\n2,Two\n3,Three\n")
    done, _ = shop.bring("code,name\n1,a\n2,b\n3,c\n4,d\n5,e\n1,f\n", keys=("code",))
    steps = Steps(shop.records.database, "job:7")

    def killed(read: int, total: int | None, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.undo(done, progress=killed, steps=steps)
    undone = shop.undo(done, steps=steps)
    assert (undone.deleted, undone.restored, undone.kept) == (2, 3, 0)
    assert [(r["code"], r["name"]) for r in shop.rows()] == [("1", "One"), ("2", "Two"), ("3", "Three")]


def test_an_undo_has_no_more_rights_than_its_actor(shop: Shop) -> None:
    done, _ = shop.bring("code,name\n1,One\n")
    undone = shop.undo(done, Actor("user:2", {"*": dict.fromkeys(("read", "create", "update"), "all")}, user=2))
    assert (undone.deleted, undone.kept) == (0, 1)
    assert len(shop.rows()) == 1


def test_choices_can_be_added_by_an_administrator_and_a_dry_run_only_names_them(shop: Shop) -> None:
    from appliance.base.errors import NotAllowed

    content, options = "code,sort\n1,A\n2,new\n3,New\n4,n/a\n", Options(add_choices=True)
    _, report = shop.bring(content, options=options, dry_run=True)
    assert (report.created, report.new_choices, report.rejects) == (4, {"sort": ["new"]}, [])
    assert [c.value for c in shop.records.registry.entity("item").by_name["sort"].choices] == ["a", "b"]
    with pytest.raises(NotAllowed):
        shop.bring(
            content, options=options, actor=Actor("user:2", {"*": dict.fromkeys(("read", "create"), "all")}, user=2)
        )
    shop.bring(content, options=options)
    assert [r["sort"] for r in shop.rows()] == ["a", "new", "new", None]


def test_a_record_is_found_by_several_of_its_fields(shop: Shop) -> None:
    shop.bring("code,name\nA,Alpha\nB,Alpha\n", "firm")
    _, report = shop.bring(
        "code,c,n\n1,A,Alpha\n2,B,Beta\n3,,\n4,A,\n5,B,Alpha\n", mapping={"firm.name": "n", "firm.code": "c"}
    )
    assert report.rejects == [
        (3, "n: there is no firm with name, code Beta, B"), (5, "n: there is no firm with name, code , A"),
    ]  # fmt: skip
    assert [(r["code"], r["firm"]) for r in shop.rows()] == [("1", "1"), ("3", None), ("5", "2")]


def test_ambiguous_columns_stop_an_import_before_its_first_row(shop: Shop) -> None:
    from appliance.base.errors import Invalid

    content = 'code,day,price\n1,03/04/2024,"1,234"\n2,05/06/2024,"2,345"\n'
    with pytest.raises(Invalid) as refused:
        shop.bring(content)
    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("date_order", "ambiguous"),
        ("decimal", "ambiguous"),
    }
    assert shop.rows() == []
    shop.bring(content, options=Options(date_order="mdy", decimal="."))
    assert [(r["day"], r["price"]) for r in shop.rows()] == [("2024-03-04", "1234.00"), ("2024-05-06", "2345.00")]


def test_what_decides_may_stand_far_below(shop: Shop) -> None:
    shop.bring("code,day\n" + "".join(f"{n},03/04/2024\n" for n in range(1_500)) + "x,25/04/2024\n")
    assert shop.rows()[0]["day"] == "2024-04-03"


def test_missing_cells_can_be_taken_as_empty(shop: Shop) -> None:
    _, report = shop.bring("code,name,price\n1,One\n2,Two,3,4\n", options=Options(short_rows="fill"))
    assert (report.created, [n for n, _ in report.rejects]) == (1, [3])
