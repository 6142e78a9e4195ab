"""Each kind of field has a face, and can be seen, typed, filtered, exported and followed through its history on every page; so
can a kind that is added to both lists, with nothing else said anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from walk import Site

from appliance.features.forms.values import read, typed
from appliance.http.kinds import FACES
from appliance.http.kinds.number import IntegerFace
from appliance.http.pages.person import Person
from appliance.records.kinds import KINDS
from appliance.records.kinds.number import IntegerKind

VALUES: dict[str, Any] = {
    "text": "a text", "long_text": "line\nline", "integer": 7, "decimal": "1.25", "money": "12.50", "boolean": True,
    "date": "2026-11-22", "datetime": "2026-11-22T10:30:00.000Z", "choice": "new", "multi_choice": ["new", "old"],
    "email": "a@example.org", "phone": "+49 421 1", "url": "https://example.org/", "json": {"a": [1]}, "rating": 3,
    "relation": {"type": "accounts", "id": "1"}, "relations": [{"type": "accounts", "id": "1"}],
    "file": {"type": "files", "id": "1"}, "files": [{"type": "files", "id": "1"}],
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "choice": {"choices": ["new", "old"]}, "multi_choice": {"choices": ["new", "old"]}, "money": {"currency": "EUR"},
    "relation": {"target": "account"}, "relations": {"target": "account"}, "auto_number": {"pattern": "N-{number:03d}"},
}  # fmt: skip


class RatingKind(IntegerKind):
    name, label = "rating", "Rating"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With one entity that has a field of each kind, called as the kind."""
    KINDS["rating"], FACES["rating"] = RatingKind(), IntegerFace()
    try:
        found = Site(tmp_path_factory.mktemp("kinds") / "home")
        fields = [{"name": f"a_{name}", "kind": name, **OPTIONS.get(name, {})} for name in KINDS]
        attributes = {"name": "specimen", "plural": "specimens", "title": "a_text", "fields": fields}
        token = found.token()
        answer = found.ask(token, "POST", "/api/entities", {"data": {"type": "entities", "attributes": attributes}})
        assert answer.status_code == 201, answer.text
        for change in (VALUES, {k: v for k, v in VALUES.items() if k in ("text", "rating")}):
            make(found, token, change)
        yield found
    finally:
        del KINDS["rating"], FACES["rating"]


def make(site: Site, token: str, values: dict[str, Any]) -> None:
    linked = {k for k in values if KINDS[k].relational}
    data = {
        "type": "specimens",
        "attributes": {f"a_{k}": v for k, v in values.items() if k not in linked},
        "relationships": {f"a_{k}": {"data": v} for k, v in values.items() if k in linked},
    }
    answer = site.ask(token, "POST", "/api/specimens", {"data": data})
    assert answer.status_code == 201, answer.text


def show(site: Site, path: str) -> str:
    answer = site.ask(site.token(), "GET", path, Accept="text/html,*/*", **{"Accept-Language": "de"})
    text = answer.data.decode("utf-8", "replace")
    assert answer.status_code == 200, (path, text[:2_000])
    return text


def test_both_lists_have_the_same_kinds() -> None:
    assert list(KINDS) == list(FACES)


@pytest.mark.parametrize("kind", [*KINDS, "rating"])
def test_a_kind_is_shown_typed_filtered_and_exported(site: Site, kind: str) -> None:
    name = f"a_{kind}"
    grid = show(site, f"/specimens?fields[specimens]={name}")
    assert f'data-field="{name}"' in grid or name in grid
    only = f"fields[specimens]={name}"
    for path in (
        "/specimens/1", "/specimens/1/history", f"/specimens?open=add.{name}", "/specimens?open=columns",
        f"/specimens?filter[{name}][empty]=false&open={name}", f"/api/exports/specimens.csv?{only}",
        f"/api/exports/specimens.csv?mode=spreadsheet&{only}", f"/api/exports/specimens.xlsx?{only}",
        f"/api/exports/specimens.jsonl?{only}",
    ):  # fmt: skip
        show(site, path)
    if not KINDS[kind].assigned:
        assert f'name="{name}"' in show(site, "/specimens/1/edit") + show(site, "/specimens/new")
        if FACES[kind].edited_in_cells:
            show(site, f"/specimens/cell?field={name}&row=1")


def test_what_was_typed_in_a_form_comes_back(site: Site) -> None:
    """Wire -> form -> wire, for each kind that holds no records."""
    me = Person(None, "", "", "de", "de_DE", "Europe/Berlin")
    fields = site.house.records.registry.entities["specimen"].by_name
    for kind, value in VALUES.items():
        if not KINDS[kind].relational:
            field = fields[f"a_{kind}"]
            assert read(field, typed(field, value, me), me) == value, kind
