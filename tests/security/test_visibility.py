"""Nobody sees, revives or links to a record that they could not have seen, by whatever path; and one rule says so."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import appliance
from appliance.base.errors import IngotError, NotAllowed, NotFound
from appliance.features.feed.api import visible_entries
from appliance.features.undo.restoring import bring_back, deleted_records, restore
from appliance.features.undo.undoing import undo_transaction
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM, Actor, reader_terms, saw, sees, visibility, visible
from appliance.records.query import Query
from appliance.records.reading import Reading
from appliance.records.records import Records

VERBS = ("read", "create", "update", "delete")
ANNA, BEN = 1, 2
REACHES = (None, "own", "all")


def somebody(user: int, **reaches: str | None) -> Actor:
    return Actor(f"user:{user}", {"memo": {v: r for v, r in reaches.items() if r}}, user=user)


def own_but_may_create(user: int) -> Actor:
    """The shape of right by which records of others could be revived."""
    return somebody(user, read="own", create="all", update="own", delete="own")


@pytest.fixture
def memos(records: Records) -> Records:
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([
            read_entity({"name": "memo", "fields": [
                {"name": "subject", "searchable": 1}, {"name": "about", "kind": "relation", "target": "memo"}]})
        ])  # fmt: skip
    with records.work(SYSTEM) as work:
        for name in ("anna", "ben"):
            work.create("user", {"email": f"{name}@example.org", "name": name})
    return records


def make(records: Records, actor: Actor, **values: Any) -> int:
    with records.work(actor) as work:
        return work.create("memo", values)[0]


def remove(records: Records, record: int) -> str:
    with records.work(SYSTEM) as work:
        work.delete("memo", record)
        return work.transaction


PATHS: dict[str, Callable[[Records, Actor, int, str], Any]] = {
    "restore a version": lambda r, a, i, t: in_work(r, a, lambda w: restore(w, "memo", i, 1)),
    "bring back": lambda r, a, i, t: in_work(r, a, lambda w: bring_back(w, "memo", i)),
    "undo the deletion": lambda r, a, i, t: in_work(r, a, lambda w: undo_transaction(w, t)),
    "undo as far as it goes": lambda r, a, i, t: in_work(r, a, lambda w: undo_transaction(w, t, partly=True)),
    "the writer itself": lambda r, a, i, t: in_work(r, a, lambda w: w.bring_back("memo", i, {"subject": "guessed"})),
    "as one's own": lambda r, a, i, t: in_work(
        r, a, lambda w: w.bring_back("memo", i, {"subject": "guessed", "owner": str(a.user)})
    ),
}  # fmt: skip


def in_work(records: Records, actor: Actor, what: Callable[[Any], Any]) -> Any:
    with records.work(actor) as work:
        return what(work)


@pytest.mark.parametrize("path", PATHS)
def test_a_record_of_somebody_else_s_that_is_gone_is_not_revived(memos: Records, path: str) -> None:
    record = make(memos, own_but_may_create(ANNA), subject="private")
    transaction = remove(memos, record)
    with pytest.raises(NotFound):
        PATHS[path](memos, own_but_may_create(BEN), record, transaction)
    assert memos.database.rows(f'SELECT 1 FROM "{memos.registry.entity("memo").table}"') == []
    PATHS["restore a version"](memos, own_but_may_create(ANNA), record, transaction)


@pytest.mark.parametrize("path", PATHS)
def test_whoever_gave_a_record_away_does_not_get_it_back_by_reviving_it(memos: Records, path: str) -> None:
    """The last state before the deletion counts, not an earlier one that was theirs."""
    record = make(memos, own_but_may_create(BEN), subject="was his")
    with memos.work(SYSTEM) as work:
        work.update("memo", record, {"owner": str(ANNA), "subject": "private"})
    transaction = remove(memos, record)
    with pytest.raises(NotFound):
        PATHS[path](memos, own_but_may_create(BEN), record, transaction)


def test_a_version_that_was_somebody_else_s_is_not_shown_to_who_revives_it(memos: Records) -> None:
    record = make(memos, own_but_may_create(ANNA), subject="private")
    with memos.work(SYSTEM) as work:
        work.update("memo", record, {"owner": str(BEN), "subject": "now his"})
    remove(memos, record)
    with pytest.raises(NotAllowed):
        in_work(memos, own_but_may_create(BEN), lambda w: restore(w, "memo", record, 1))
    in_work(memos, own_but_may_create(BEN), lambda w: restore(w, "memo", record, 2))


def test_linking_to_what_one_may_not_see_answers_as_for_what_is_not_there(memos: Records) -> None:
    hers = make(memos, own_but_may_create(ANNA), subject="private")
    his = make(memos, own_but_may_create(BEN), subject="his")

    def answer(what: Callable[[Any, int], Any], target: int) -> str:
        with pytest.raises(IngotError) as caught:
            in_work(memos, own_but_may_create(BEN), lambda w: what(w, target))
        problems = getattr(caught.value, "problems", None)
        message = str(problems[0].message if problems else caught.value.message)
        return f"{type(caught.value).__name__} {message}".replace(str(target), "N")

    for what in (
        lambda w, target: w.create("memo", {"about": str(target)}),
        lambda w, target: w.update("memo", his, {"about": str(target)}),
    ):
        assert answer(what, hers) == answer(what, 999_999)


@pytest.mark.parametrize(("reach", "owner"), list(itertools.product(REACHES, (ANNA, BEN, None))))
def test_every_path_derives_from_one_rule(memos: Records, reach: str | None, owner: int | None) -> None:
    """A row, a list, a look-up by key, the index's terms and the log tell the same about a record of each owner."""
    record = make(memos, SYSTEM, subject="x", **({} if owner is None else {"owner": str(owner)}))
    me = somebody(BEN, read=reach)
    expected = reach == "all" or (reach == "own" and owner == BEN)
    table, reading = memos.registry.tables["memo"], Reading(memos.database, memos.registry, me)
    row = memos.database.rows(table.select_sql, (record,))[0]
    assert sees(me, table, row) is expected
    assert visibility(me, "memo").includes(owner) is expected
    assert bool(reading.by_ids("memo", [record])) is expected
    terms = {"all:memo", *([f"own:memo:{owner}"] if owner else [])}
    assert bool(set(reader_terms(me, ["memo"])) & terms) is expected
    assert (
        bool(memos.log.of_record("memo", record) and visible_entries(memos, me, memos.log.of_record("memo", record)))
        is expected
    )
    with memos.work(me) as work:
        assert bool(work.find(table, {"subject": "x"})) is expected
    if reach:
        assert bool(reading.page(Query("memo")).rows) is expected
        condition = visible(me, table)
        assert (condition is None) is (reach == "all")
    else:
        with pytest.raises(NotAllowed):
            visible(me, table)
    remove(memos, record)
    last = memos.log.of_record("memo", record, limit=1)[0]
    assert saw(me, "memo", last.change) is expected
    if reach:
        assert bool(deleted_records(memos, me, "memo")) is expected


def test_nobody_but_permissions_says_what_own_means() -> None:
    """A comparison of a reach with its words, or the word itself, stands in one module. Others ask `visibility`."""
    root = Path(appliance.__file__).parent
    may_name = {
        "records/permissions.py",
        "features/identity/api.py",  # which words a role may hold
        "features/identity/openapi.py",  # the same, as a schema
        "features/comments/api.py",  # grants of comments, said aloud
    }
    found = []
    for file in sorted(root.rglob("*.py")):
        name = str(file.relative_to(root))
        if name in may_name or name.startswith("run/"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value == "own":
                found.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Compare) and any(
                isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "reach"
                for n in ast.walk(node)
            ):
                found.append(f"{name}:{node.lineno}")
    assert found == []
