"""jsonapi-client, a Python client nobody here wrote, works with the server as it would with any other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import jsonapi_client
import pytest
from api_client import Api, mark, ref
from api_server import Server
from jsonapi_client import Filter, Inclusion, Modifier, ResourceTuple
from jsonapi_client.exceptions import DocumentError

_TEXT = {"type": ["string", "null"]}
SCHEMA = {
    "accounts": {"properties": {"name": _TEXT, "mark": _TEXT, "budget": _TEXT}},
    "tags": {"properties": {"name": _TEXT, "mark": _TEXT}},
    "contacts": {
        "properties": {
            "name": _TEXT, "mark": _TEXT, "email": _TEXT,
            "account": {"relation": "to-one", "resource": ["accounts"]}, "tags": {"relation": "to-many",
            "resource": ["tags"]},
        },
    },
}  # fmt: skip


@pytest.fixture
def session(server: Server) -> Iterator[Any]:
    headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/vnd.api+json"}
    made = jsonapi_client.Session(f"{server.base}/api", schema=SCHEMA, request_kwargs={"headers": headers})
    yield made
    made.close()


def test_it_lists_filters_sorts_and_turns_pages(session: Any, api: Api) -> None:
    word = mark()
    for n in (3, 1, 2, 5, 4):
        api.make("tags", name=f"t{n}", mark=word)
    modifier = Filter(mark=word) + Modifier("sort=-name") + Modifier("page[size]=2")
    assert [tag.name for tag in session.iterate("tags", modifier)] == ["t5", "t4", "t3", "t2", "t1"]
    cursor = Filter(mark=word) + Modifier("sort=name&page[size]=2&page[after]=")
    assert [tag.name for tag in session.iterate("tags", cursor)] == ["t1", "t2", "t3", "t4", "t5"]
    document = session.get("tags", Filter(mark=word) + Modifier("page[totals]=true"))
    assert document.meta.page["total"] == 5


def test_it_includes_and_follows_relationships(session: Any, api: Api) -> None:
    account = api.make("accounts", name="included account")
    tag = api.make("tags", name="linked tag")
    contact = api.make("contacts", {"account": ref("accounts", account), "tags": [ref("tags", tag)]})
    found = session.get(f"contacts/{contact}", Inclusion("account")).resource
    assert found.account.name == "included account"
    plain = session.get("contacts", contact).resource
    assert [a.name for a in plain.relationships.account.fetch()] == ["included account"]
    assert [t.name for t in plain.tags] == ["linked tag"]


def test_it_creates_relates_patches_and_deletes(session: Any, api: Api) -> None:
    account = session.create_and_commit("accounts", name="made by a client", budget="12.50")
    contact = session.create_and_commit("contacts", name="made too", account=account.id)
    assert api.get(f"/api/contacts/{contact.id}/account")["data"]["id"] == account.id
    tag = session.create_and_commit("tags", name="late")
    contact.name = "patched"
    contact.tags = [tag.id]
    contact.commit()
    document = api.get(f"/api/contacts/{contact.id}?include=tags")
    assert document["data"]["attributes"]["name"] == "patched"
    assert [r["id"] for r in document["included"]] == [tag.id]
    contact.account = None
    contact.commit()
    assert api.get(f"/api/contacts/{contact.id}/account")["data"] is None
    contact.relationships.account.set(ResourceTuple(account.id, "accounts"))
    contact.commit()
    assert api.get(f"/api/contacts/{contact.id}/account")["data"]["id"] == account.id


def test_it_hears_of_errors_and_conflicts(session: Any, api: Api) -> None:
    for call, status in (
        (lambda: session.get("contacts", "99999999"), 404), (lambda: session.get("contacts", Modifier("sort=nope")),
        400),
        (lambda: session.create_and_commit("contacts", name=None), 422),
    ):  # fmt: skip
        with pytest.raises(DocumentError) as caught:
            call()
        assert caught.value.errors["status_code"] == status
    tag = session.get("tags", api.make("tags")).resource
    api.patch(
        f"/api/tags/{tag.id}", {"data": {"type": "tags", "id": tag.id, "attributes": {"name": "somebody was faster"}}}
    )
    tag.name = "too late"
    with pytest.raises(DocumentError) as caught:
        tag.commit(meta={"version": 1})
    assert caught.value.errors["status_code"] == 412


def test_it_deletes(session: Any, api: Api) -> None:
    tag = session.get("tags", api.make("tags")).resource
    tag.delete()
    with contextlib.suppress(ValueError):  # it reads JSON from every answer, also from a 204 without one
        tag.commit()
    api.get(f"/api/tags/{tag.id}", status=404)
