"""The schema changes while everybody works: what is promised for each change, and that nobody notices but by its result."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import peewee
import pytest
from records_parts import (
    add_field,
    change_entity,
    change_field,
    create,
    declare,
    found,
    history,
    remove_field,
    shown,
    update,
)

from appliance.base.errors import BadRequest, Conflict, Invalid, NotFound
from appliance.records.bulk import Bulk
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

NOTE = {"name": "note", "fields": [{"name": "text"}, {"name": "n", "kind": "integer"}]}


def in_schema(records: Records, verb: str, *arguments: Any) -> Any:
    with records.change_schema(SYSTEM) as schema:
        return getattr(schema, verb)(*arguments)


def entity(records: Records, name: str) -> Any:
    return records.registry.entity(name)


def refused(call: Any, *arguments: Any, **words: Any) -> str:
    with pytest.raises((Invalid, Conflict)) as error:
        call(*arguments, **words)
    return str(error.value)


def test_readers_and_writers_notice_nothing_of_forty_schema_changes(records: Records) -> None:
    declare(records, NOTE, {"name": "box", "fields": [{"name": "label"}]})
    ids = [create(records, "note", text="0", n=0) for _ in range(4)]
    written = [0, 0, 0, 0]
    failures: list[BaseException] = []
    stop = threading.Event()

    def work_on(who: int) -> None:
        while not stop.is_set():
            try:
                held = records.refresh().entity("note")
                name = next(f.name for f in held.fields if f.name in ("text", "words"))
                found(records, "note", (name, "neq", "7"), sort=f"-{name},n")
                with records.work(SYSTEM) as work:  # the name may have changed until we are let in
                    field = next(f for f in work.registry.entity("note").fields if f.name in ("text", "words"))
                    value = written[who] + 1
                    work.update("note", ids[who], {field.name: value if field.kind.name == "integer" else str(value)})
                written[who] = value
            except (BadRequest, Invalid):
                pass  # named something by the name it had a moment ago: an honest 4xx
            except Exception as error:
                failures.append(error)
                stop.set()
        records.database.release()

    threads = [threading.Thread(target=work_on, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(5):
            add_field(records, "note", name=f"extra{turn}", kind="decimal", default="1.5", indexed=True)
            change_field(records, "note", "text", kind="integer")
            change_field(records, "note", "text", name="words")
            change_field(records, "note", "words", kind="text")
            change_field(records, "note", "words", name="text")
            in_schema(records, "order_fields", entity(records, "note"), ["n", "text"])
            gone = remove_field(records, "note", f"extra{turn}")
            in_schema(records, "restore_field", gone)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures
    assert [shown(records, "note", i)["text"] for i in ids] == [str(n) for n in written]
    assert min(written) > 0
    in_schema(records, "empty_trash", "9999")
    assert [shown(records, "note", i)["text"] for i in ids] == [str(n) for n in written]


@pytest.mark.slow
def test_a_field_is_added_to_a_hundred_thousand_records_at_once(records: Records) -> None:
    declare(records, NOTE)
    with records.database.write():
        marks = records.database.sql(
            'INSERT INTO note ("version", "created_at", "updated_at", "n") VALUES (1, ?, ?, ?)'
        )
        records.database.many(marks, [("2026", "2026", n) for n in range(100_000)])
    began = time.monotonic()
    add_field(records, "note", name="stage", kind="choice", choices=["it's 50% \\ new"], default="it's 50% \\ new")
    took = time.monotonic() - began
    print(f"add a field to 100,000 rows on {records.database.dialect}: {took:.3f} s")  # noqa: T201
    assert took < 5
    assert shown(records, "note", 99_999)["stage"] == "it's 50% \\ new"


def test_rebuilding_the_registry_leaves_no_model_classes_behind(records: Records) -> None:
    declare(records, NOTE, {"name": "box", "fields": [{"name": "note", "kind": "relation", "target": "note"}]})

    def classes() -> int:
        gc.collect()
        return sum(1 for c in gc.get_objects() if isinstance(c, type) and issubclass(c, peewee.Model))

    def rebuild() -> None:
        with records.database.write():
            records.definitions.advance()
        records.refresh()

    rebuild()
    before = classes()
    for _ in range(300):
        rebuild()
    assert classes() <= before + 5


def test_entities_of_one_pack_may_point_at_each_other_in_a_circle(records: Records) -> None:
    declare(records, {"name": "head", "fields": [
        {"name": "tail", "kind": "relation", "target": "tail", "inverse": "heads"},
        {"name": "self", "kind": "relation", "target": "head"},
    ]}, {"name": "tail", "fields": [
        {"name": "head", "kind": "relation", "target": "head", "inverse": "tails"}, {"name": "word"},
    ]})  # fmt: skip
    head = create(records, "head")
    tail = create(records, "tail", head=head, word="w")
    update(records, "head", head, tail=tail, self=head)
    assert found(records, "head", ("tail.head.tails.word", "eq", "w")) == [head]
    for first, second in (("same", "same"), ("word", "other")):
        assert refused(declare, records, {"name": "foot", "fields": [
            {"name": "a", "kind": "relation", "target": "tail", "inverse": first},
            {"name": "b", "kind": "relation", "target": "tail", "inverse": second},
        ]})  # fmt: skip
    assert "foot" not in records.registry.entities
    assert "name" in refused(add_field, records, "tail", name="heads")  # what the far end of a link is called


def test_words_of_sql_are_fine_names(records: Records) -> None:
    names = ["select", "order", "group", "table", "xmin", "rowid", "from", "user", "limit", "default"]
    declare(records, {"name": "order", "plural": "orders", "fields": [{"name": n} for n in names]})
    declare(
        records,
        {"name": "table", "fields": [{"name": "order", "kind": "relations", "target": "order", "inverse": "where"}]},
    )
    id_ = create(records, "order", **{n: n for n in names})
    table = create(records, "table", order=[id_])
    update(records, "order", id_, select="new")
    assert found(records, "order", ("group", "eq", "group"), ("where.id", "eq", str(table)), sort="-xmin,table") == [
        id_
    ]
    assert {n: shown(records, "order", id_)[n] for n in names[1:]} == {n: n for n in names[1:]}


def test_physical_names_stay_whatever_things_are_called(records: Records) -> None:
    declare(records, NOTE)
    create(records, "note", text="kept")
    change_field(records, "note", "text", name="words")
    change_entity(records, "note", name="memo", plural="memos", label="Memo")
    add_field(records, "memo", name="text")
    memo = entity(records, "memo")
    assert (memo.table, memo.by_name["words"].column, memo.by_name["text"].column) == ("note", "text", "text_2")
    assert records.database.rows("SELECT text, text_2 FROM note") == [("kept", None)]


def test_a_retype_shows_what_would_be_lost_and_loses_nothing_unasked(records: Records) -> None:
    declare(records, NOTE)
    ids = [create(records, "note", text=t) for t in ("1", "0042", "12,5", "x", None)]
    preview = in_schema(
        records, "preview_retype", entity(records, "note"), entity(records, "note").by_name["text"], {"kind": "integer"}
    )
    assert (preview["values"], preview["bad"], [e["value"] for e in preview["examples"]]) == (4, 2, ["12,5", "x"])
    assert "12,5" in refused(change_field, records, "note", "text", kind="integer")
    assert shown(records, "note", ids[1])["text"] == "0042"
    change_field(records, "note", "text", kind="integer", clear_bad=True)
    assert [shown(records, "note", i)["text"] for i in ids] == [1, 42, None, None, None]
    change_field(records, "note", "text", kind="decimal", places=2)
    change_field(records, "note", "text", places=3)
    assert shown(records, "note", ids[1])["text"] == "42.000"
    assert refused(change_field, records, "note", "text", kind="auto_number")


def test_a_retype_keeps_unique_and_the_indexes_over_several_fields(records: Records) -> None:
    declare(records, {"name": "note", "unique": [["shelf", "text"]], "indexes": [["text", "shelf"]],
                      "fields": [{"name": "text", "unique": True}, {"name": "shelf"}]})  # fmt: skip
    create(records, "note", text="1", shelf="a")
    twin = create(records, "note", text="01", shelf="a")
    assert "doubles: 1" in refused(change_field, records, "note", "text", kind="integer")
    update(records, "note", twin, text="2")
    change_field(records, "note", "text", kind="integer")
    column = entity(records, "note").by_name["text"].column
    on = [set(i.columns) for i in records.database.peewee.get_indexes("note") if column in i.columns]
    assert sorted(map(len, on)) == [1, 2, 2]
    assert refused(create, records, "note", text=2)


def test_links_become_one_or_several_and_never_point_at_nothing(records: Records) -> None:
    declare(records, {"name": "box", "fields": [{"name": "label"}]}, {"name": "note", "fields": [
        {"name": "box", "kind": "relation", "target": "box", "inverse": "notes"}, {"name": "text"},
    ]})  # fmt: skip
    one, two = create(records, "box"), create(records, "box")
    id_ = create(records, "note", box=one, text=str(two))
    create(records, "note", text="99")
    change_field(records, "note", "box", kind="relations")
    with records.work(SYSTEM) as work:
        work.relate("box", two, "notes", [id_], "add")
    assert shown(records, "note", id_)["box"] == [str(one), str(two)]
    assert "several" in refused(change_field, records, "note", "box", kind="relation")
    assert "another kind" in refused(change_field, records, "note", "box", target="note")
    assert "99" in refused(change_field, records, "note", "text", kind="relation", target="box")
    change_field(records, "note", "text", clear_bad=True, kind="relation", target="box")
    assert shown(records, "note", id_)["text"] == str(two)
    change_field(records, "note", "box", kind="text")
    assert shown(records, "note", id_)["box"] == f"{one}, {two}"


def test_what_is_in_the_trash_comes_back_whole_or_goes_for_good(records: Records) -> None:
    declare(records, {"name": "box", "fields": [{"name": "label"}]}, {"name": "note", "fields": [
        {"name": "box", "kind": "relation", "target": "box", "inverse": "notes", "indexed": True},
        {"name": "text", "unique": True},
        {"name": "boxes", "kind": "relations", "target": "box", "inverse": "notes_too"},
    ]})  # fmt: skip
    box = create(records, "box", label="b")
    id_ = create(records, "note", box=box, boxes=[box], text="t")
    gone = [remove_field(records, "note", name) for name in ("box", "text", "boxes")]
    create(records, "note")
    assert set(shown(records, "note", id_)) & {"box", "text", "boxes"} == set()
    add_field(records, "note", name="box")
    assert refused(in_schema, records, "restore_field", gone[0])
    change_field(records, "note", "box", name="other")
    for field in gone:
        in_schema(records, "restore_field", field)
    values = shown(records, "note", id_)
    assert (values["box"], values["text"], values["boxes"]) == (str(box), "t", [str(box)])

    for name in ("box", "text", "boxes"):  # a column called like a table must not take the table along
        remove_field(records, "note", name)
    assert in_schema(records, "empty_trash", "2000") == 0
    assert in_schema(records, "empty_trash", "9999") == 3
    assert shown(records, "box", box)["label"] == "b"
    assert "note_boxes" not in records.database.peewee.get_tables()
    with pytest.raises(NotFound):
        in_schema(records, "restore_field", gone[0])
    create(records, "note", other="x")


def test_a_removed_entity_hides_the_links_to_it_and_a_namesake_does_not_inherit_them(records: Records) -> None:
    box = {"name": "box", "fields": [{"name": "label"}, {"name": "inner", "kind": "relations", "target": "box"}]}
    declare(records, box, {"name": "note", "fields": [
        {"name": "box", "kind": "relation", "target": "box", "inverse": "notes"},
        {"name": "boxes", "kind": "relations", "target": "box"},
    ]})  # fmt: skip
    one = create(records, "box", label="one")
    note = create(records, "note", box=one, boxes=[one])
    id_ = entity(records, "box").id
    in_schema(records, "remove_entity", entity(records, "box"))
    assert [f.name for f in entity(records, "note").fields] == []
    update(records, "note", note)
    declare(records, box)
    assert [f.name for f in entity(records, "note").fields] == []
    assert refused(in_schema, records, "restore_entity", id_)
    change_entity(records, "box", name="crate", plural="crates")
    in_schema(records, "restore_entity", id_)
    assert shown(records, "note", note)["box"] == str(one)
    assert found(records, "box", ("notes", "eq", str(note))) == [one]

    in_schema(records, "remove_entity", entity(records, "box"))
    assert in_schema(records, "empty_trash", "9999") == 1
    assert not {"box", "box_inner", "note_boxes"} & set(records.database.peewee.get_tables())
    create(records, "note")
    create(records, "crate", label="still here")


def test_unique_is_refused_with_examples_where_there_are_doubles(records: Records) -> None:
    declare(records, {"name": "note", "fields": [{"name": "text"}, {"name": "price", "kind": "money"}]})
    for text in ("a", "a", "b", None, None):
        create(records, "note", text=text, price="1.50")
    assert "doubles: a" in refused(change_field, records, "note", "text", unique=True)
    assert "1.50" in refused(change_field, records, "note", "price", unique=True)
    assert "doubles: a, 1.50" in refused(change_entity, records, "note", unique=[["text", "price"]])
    with records.work(SYSTEM) as work:
        Bulk(work, "note", ["text"]).store([{"text": "b", "price": 1}])
    update(records, "note", 1, text="c")
    change_field(records, "note", "text", unique=True)
    assert refused(create, records, "note", text="b")


def test_views_titles_and_indexes_follow_a_renamed_field_also_through_relations(records: Records) -> None:
    declare(records, {"name": "box", "title": "{label} ({size})", "indexes": [["label", "size"]], "fields": [
        {"name": "label"}, {"name": "size", "kind": "integer"}, {"name": "in", "kind": "relation", "target": "box"},
    ], "views": [{"name": "all", "columns": ["label", "in.label"], "sort": "-label,in.label,size", "group_by": "label",
                  "filter": {"label": {"neq": "label"}, "in.label[eq]": "label"}}]},
    {"name": "note", "fields": [{"name": "label"}, {"name": "box", "kind": "relation", "target": "box", "inverse": "notes"}],
     "views": [{"name": "all", "columns": ["label", "box.label", "box.notes.label"], "sort": "box.label,-label"}]})  # fmt: skip
    change_field(records, "box", "label", name="word")
    box = entity(records, "box")
    assert (box.title, box.indexes) == ("{word} ({size})", (("word", "size"),))
    assert box.views == ({"name": "all", "columns": ["word", "in.word"], "sort": "-word,in.word,size", "group_by": "word",
                          "filter": {"word": {"neq": "label"}, "in.word[eq]": "label"}},)  # fmt: skip
    note = entity(records, "note")
    assert note.views == (
        {"name": "all", "columns": ["label", "box.word", "box.notes.label"], "sort": "box.word,-label"},
    )


def test_rights_relations_and_history_follow_a_renamed_entity(records: Records) -> None:
    declare(
        records,
        NOTE,
        {"name": "box", "fields": [{"name": "note", "kind": "relation", "target": "note", "inverse": "boxes"}]},
    )
    own = {"read": "own"}
    with records.work(SYSTEM) as work:
        role = work.create("role", {"name": "few", "grants": {"*": {"read": "all"}, "note": own}})[0]
        user = work.create("user", {"email": "a@b.example", "roles": ["note:few", "few"]})[0]
    note = create(records, "note", text="t")
    box = create(records, "box", note=note)
    change_entity(records, "note", name="memo", plural="memos")
    assert shown(records, "role", role)["grants"] == {"*": {"read": "all"}, "memo": own}
    assert shown(records, "user", user)["roles"] == ["memo:few", "few"]
    assert entity(records, "box").by_name["note"].target == "memo"
    assert found(records, "memo", ("boxes", "eq", str(box))) == [note]
    assert len(history(records, "memo", note)) == 1
    with pytest.raises(NotFound):
        records.registry.entity("note")
