"""Packs: what ships can be read, written back and stored; what is broken is named by file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from playhouse.migrations import Runner

import appliance
from appliance.base import paths
from appliance.base.errors import Invalid, NotFound
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.packs.reading import list_packs, read_pack
from appliance.features.packs.toml_writer import write_pack_file
from appliance.features.packs.when import resolve
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity
from appliance.records.kinds import Wrong
from appliance.records.permissions import ROLES, Actor
from appliance.records.query import parse_condition, parse_sort
from appliance.records.records import Records

TODAY = date(2026, 11, 22)  # a Sunday
ENTITY = 'name = "visit"\n\n[[field]]\nname = "city"\nkind = "text"\n'


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """The CRM's entities in a real database."""
    database = SqliteDatabase(tmp_path / "ingot.db", synchronous="normal")
    Runner(database.peewee, str(Path(appliance.__file__).parent / "migrations"), table_name="ingot_migration").up()
    records = Records(database)
    with records.change_schema(Actor("system", ROLES["admin"]["grants"], admin=True)) as schema:
        schema.create_entities(read_pack("crm").entities)
    yield records
    database.close()


def problems(folder: Path) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read_pack(folder)
    return {p.field: str(p.message) for p in caught.value.problems}


def pack(folder: Path, **files: str) -> Path:
    """A pack's folder; `entity=` becomes entity.toml, `records_10_visits=` becomes records/10_visits.jsonl."""
    (folder / "records").mkdir()
    for name, text in files.items():
        head, _, tail = name.partition("records_")
        (folder / "records" / f"{tail}.jsonl" if tail else folder / f"{head}.toml").write_text(text, "utf-8")
    return folder


def test_what_ships_is_the_crm_and_a_demo_of_it() -> None:
    crm, demo = list_packs()
    assert (crm.name, demo.name, demo.requires) == ("crm", "demo", ["crm"])
    wanted = "accounts calls cases contacts events leads notes opportunities products tags tasks"
    assert sorted(e.plural for e in crm.entities) == wanted.split()
    assert [e.plural for e in crm.entities][:3] == ["accounts", "contacts", "leads"], "as pack.toml orders them"
    assert {r.plural for r in demo.records} == set(wanted.split())


@pytest.mark.parametrize("entity", read_pack("crm").entities, ids=lambda e: e.name)
def test_a_written_declaration_reads_back_as_the_same(entity: Entity) -> None:
    assert read_entity(tomllib.loads(write_pack_file(entity))) == replace(entity, pack="")


def test_a_declaration_with_awkward_texts_reads_back_as_the_same() -> None:
    entity = read_entity(
        {
            "name": "odd",
            "plural": "oddities",
            "label": 'A "quoted" \\ label\twith\x7f control',
            "views": [{"name": "v", "filter": {"a.b": "é\n", "n": 1.5, "deep": [{"x": True}]}}],
            "fields": [
                {"name": "meta_data", "kind": "json", "default": {"a b": [1, 2], "c": {"d": "e"}}},
                {"name": "long", "kind": "choice", "choices": [f"choice number {n}" for n in range(30)]},
                {"name": "born", "kind": "date", "default": date(2000, 1, 1)},
                {"name": "share", "kind": "decimal", "places": 3, "min": -0.5, "max": "99.5"},
            ],
        }
    )
    assert read_entity(tomllib.loads(write_pack_file(entity))) == entity


def test_the_crm_fits_together_and_its_views_can_be_asked(records: Records) -> None:
    registry = records.registry
    for declared in read_pack("crm").entities:
        entity = registry.entities[declared.name]
        known = {*entity.by_name, *entity.inverse_by_name}
        for view in entity.views:
            assert known.issuperset(view["columns"]), (entity.name, view["name"])
            assert view["kind"] == "grid" or entity.by_name[view["group_by"]].choices
            parse_sort(registry, entity, view["sort"])
            for path, wanted in view.get("filter", {}).items():
                for operator, text in wanted.items() if isinstance(wanted, dict) else [("eq", wanted)]:
                    parse_condition(registry, entity, path, operator, text, "filter")


def test_every_demo_record_could_be_stored() -> None:
    entities = {e.plural: e for e in read_pack("crm").entities}
    names = {e.name: e.plural for e in entities.values()}
    for record in read_pack("demo").records:
        entity = entities[record.plural]
        assert {f.name for f in entity.fields if f.required} <= set(record.values), record
        for key, value in record.values.items():
            field = entity.by_name[key]
            if field.relational:
                refs = value if field.many else [value]
                assert all(r["$ref"].startswith(names[field.target or ""] + ":") for r in refs), record
            else:
                field.kind.cleaner(field)(resolve(value, TODAY))


def test_the_demo_touches_every_choice_a_board_has_a_column_for() -> None:
    demo = read_pack("demo")
    for entity in read_pack("crm").entities:
        for view in (v for v in entity.views if v["kind"] == "board"):
            field = entity.by_name[view["group_by"]]
            used = {r.values.get(field.name) for r in demo.records if r.plural == entity.plural}
            assert used >= {c.value for c in field.choices}, (entity.name, field.name)


def test_nothing_that_happened_in_the_demo_lies_ahead_whatever_the_weekday() -> None:
    done = {
        ("cases", "resolved_at"): None,
        ("calls", "starts_at"): {"held", "missed"},
        ("opportunities", "close_date"): {"won", "lost"},
    }
    for today in (TODAY + timedelta(days=n) for n in range(7)):
        for record in read_pack("demo").records:
            for (plural, field), states in done.items():
                state = record.values.get("status") or record.values.get("stage")
                if record.plural == plural and field in record.values and (states is None or state in states):
                    assert resolve(record.values[field], today) < today.isoformat(), record


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ({"$days": -12}, "2026-11-10"),
        ({"$days": 1, "at": "09:30"}, "2026-11-23T09:30:00.000Z"),
        ({"$workdays": 0}, "2026-11-23"),
        ({"$workdays": -1}, "2026-11-20"),
        ({"$workdays": 5, "at": "23:59"}, "2026-11-30T23:59:00.000Z"),
        ({"$hours": 49, "from": "09:00"}, "2026-11-24T10:00:00.000Z"),
        ({"$hours": -1}, "2026-11-21T23:00:00.000Z"),
        ({"$ref": "accounts:acme"}, {"$ref": "accounts:acme"}),
        ("2020-01-01", "2020-01-01"),
    ],
)
def test_moments_count_from_today(value: object, wire: object) -> None:
    assert resolve(value, TODAY) == wire


@pytest.mark.parametrize(
    "value",
    [
        {"$days": "3"},
        {"$days": True},
        {"$days": 10**9},
        {"$days": 1, "at": "25:00"},
        {"$hours": 1, "at": "9:00"},
        {"$hours": 1, "from": 9},
    ],
)
def test_a_moment_that_makes_no_sense_is_refused(value: object) -> None:
    with pytest.raises(Wrong):
        resolve(value, TODAY)


def test_a_bare_name_is_a_shipped_pack_and_anything_else_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "visit.toml").write_text(ENTITY, "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound):
        read_pack("mine")
    for given in ("./mine", Path("mine"), str(tmp_path / "mine")):
        found = read_pack(given)
        assert (found.name, found.label, [e.pack for e in found.entities]) == ("mine", "Mine", ["mine"])
    assert read_pack(paths.PACKS / "crm") == read_pack("crm")


def test_all_problems_are_told_at_once_by_file_and_key(tmp_path: Path) -> None:
    folder = pack(
        tmp_path,
        pack='colour = "red"\nrequires = "crm"\n',
        visit=ENTITY + 'placeholder = "x"\n[[field]]\nkind = "text"\n',
        tour='name = "tour"\nplural = "tour s"\n',
        broken="name = ",
        records_10_visits='{"city": "Ulm"}\n'
        '{"$key": "a", "at": {"$days": "x"}, "tour": {"$ref": "tours:later"}, "by": {"$ref": []}}\n[1',
        records_20_tours='{"$key": "later"}\n\n{"$key": "later"}',
    )
    (folder / "records" / "visits.xls").write_bytes(b"\xff")
    found = problems(folder)
    assert set(found) == {
        "pack.toml: colour",
        "pack.toml: requires",
        "broken.toml",
        "tour.toml: plural",
        "visit.toml: city.placeholder",
        "visit.toml: field 2.name",
        "records/10_visits.jsonl:1",
        "records/10_visits.jsonl:2 at",
        "records/10_visits.jsonl:2 tour",
        "records/10_visits.jsonl:2 by",
        "records/10_visits.jsonl:3",
        "records/20_tours.jsonl:3 $key",
        "records/visits.xls",
    }
    assert "tours:later" in found["records/10_visits.jsonl:2 tour"]


def test_two_files_cannot_declare_the_same_entity(tmp_path: Path) -> None:
    found = problems(pack(tmp_path, a=ENTITY, b=ENTITY))
    assert "a.toml" in found["b.toml: name"]


def test_an_empty_folder_is_no_pack(tmp_path: Path) -> None:
    assert list(problems(tmp_path)) == [tmp_path.name]
