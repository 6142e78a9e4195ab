"""A hierarchy comes in whatever the order of its rows, and names change under a running import without ending it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan, Report
from appliance.features.imports.running import run_import, standing
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.steps import Steps

ROWS = ["Kid,Mum", "Mum,Gran", "Gran,", "Pet,Kid"]


@pytest.fixture
def family(records: Records) -> Records:
    words = {"name": "person", "plural": "people", "title": "name", "fields": [
        {"name": "name", "required": True}, {"name": "parent", "kind": "relation", "target": "person"},
        {"name": "age", "kind": "integer"},
    ]}  # fmt: skip
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(words)])
    return records


def bring(records: Records, path: Path, rows: list[str], **plan: Any) -> Report:
    path.write_text("name,parent\n" + "\n".join(rows) + "\n")
    plan.setdefault("mapping", {"name": "name", "parent.name": "parent"})
    return run_import(records, SYSTEM, Plan("person", path, **plan), steps=plan.pop("steps", None))


def parents(records: Records) -> dict[str, str | None]:
    sql = "SELECT p.name, q.name FROM person p LEFT JOIN person q ON q.id = p.parent"
    return dict(records.database.rows(sql))  # type: ignore[arg-type]


WANTED = {"Kid": "Mum", "Mum": "Gran", "Gran": None, "Pet": "Kid"}


@pytest.mark.parametrize("order", [list(p) for p in itertools.permutations(range(4))][::3])
@pytest.mark.parametrize("keys", [(), ("name",)])
def test_any_order_of_rows(family: Records, tmp_path: Path, order: list[int], keys: tuple[str, ...]) -> None:
    report = bring(family, tmp_path / "p.csv", [ROWS[n] for n in order], keys=keys)
    assert (report.created, report.rejects, report.unlinked) == (4, [], 0)
    assert parents(family) == WANTED
    if keys:
        again = bring(family, tmp_path / "p.csv", [ROWS[n] for n in order], keys=keys)
        assert (again.unchanged, again.rejects) == (4, [])


def test_a_row_that_a_link_names_is_not_made_twice(family: Records, tmp_path: Path) -> None:
    options = Options(create_missing=("parent",))
    report = bring(family, tmp_path / "p.csv", [*ROWS, "Stray,Elsewhere"], options=options)
    assert (report.created, report.linked_created, report.rejects) == (5, 1, [])
    assert parents(family) == {**WANTED, "Stray": "Elsewhere", "Elsewhere": None}


def test_a_link_to_nobody_is_refused_and_one_to_a_refused_row_is_told(family: Records, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,parent,age\nKid,Mum,1\nMum,,old\nPet,Nobody,young\n")
    plan = Plan("person", path, mapping={"parent.name": "parent"})
    report = run_import(family, SYSTEM, plan)
    assert (report.created, report.rejected, report.unlinked) == (1, 2, 1)
    assert [n for n, _ in sorted(report.rejects)] == [2, 3, 4]
    assert (
        dict(report.rejects)[4]
        == "parent: there is no person with name Nobody; age: must be a number, for example 1234.50"
    )


def test_all_that_is_wrong_with_a_row_is_told(family: Records, tmp_path: Path) -> None:
    with family.change_schema(SYSTEM) as schema:
        for words in ({"name": "born", "kind": "date"}, {"name": "mail", "kind": "email"}):
            from appliance.records.declaration import read_field

            schema.add_field(schema.entities()["person"], read_field(words))
    path = tmp_path / "p.csv"
    path.write_text("name,age,born,mail\nAda,x,soon,nowhere\n")
    report = run_import(family, SYSTEM, Plan("person", path))
    assert all(word in report.rejects[0][1] for word in ("age:", "born:", "mail:"))


def test_a_field_that_is_renamed_meanwhile_is_filled_all_the_same(family: Records, tmp_path: Path) -> None:
    rows = [f"P{n}," for n in range(5_000)] + ["Last,P1"]
    path = tmp_path / "p.csv"
    path.write_text("name,parent\n" + "\n".join(rows) + "\n")
    steps = Steps(family.database, "job:1")

    def rename(done: int, total: int | None, message: str) -> None:
        if done == 2_000:
            with family.change_schema(SYSTEM) as schema:
                held = schema.entities()["person"]
                schema.change_field(held, held.by_name["name"], {"name": "called"})
                held = schema.entities()["person"]
                schema.change_field(held, held.by_name["parent"], {"name": "mother"})

    plan = Plan("person", path, mapping={"name": "name", "parent.name": "parent"})
    report = run_import(family, SYSTEM, plan, rename, steps)
    assert (report.rows, report.created, report.rejects) == (5_001, 5_001, [])
    assert standing(steps).counts() == report.counts()
