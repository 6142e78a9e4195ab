"""The document against its specification, the routes and the real answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from appliance.features.openapi.document import METHODS
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM

if TYPE_CHECKING:
    from conftest import Described

ME = {"Authorization": "Bearer t"}


def resolver(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def test_the_document_is_valid_openapi_and_its_operations_have_names_of_their_own(described: Described) -> None:
    document = described.document()
    validate(document)
    ids = [op["operationId"] for methods in document["paths"].values() for m, op in methods.items() if m in METHODS]
    assert len(ids) == len(set(ids)) > 60
    assert document["info"]["version"] == "1.2"


def test_every_address_in_the_document_is_served_and_every_served_one_is_in_it(described: Described) -> None:
    document = described.document()
    adapter = described.app.url_map.bind("localhost")
    reached = set()
    for path, methods in document["paths"].items():
        for method in set(METHODS) & set(methods):
            words = path.replace("{id}", "1").replace("{kind}", "fields").replace("{name}", "x")
            rule, _ = adapter.match(words, method.upper(), return_rule=True)
            reached |= {(rule.rule, method.upper())}
    served = {
        (rule.rule, method)
        for rule in described.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in ("/api/", "/static/<path:name>", "/files/<id_>")
    }
    assert served == reached


def test_a_new_entity_is_in_the_document_at_once_and_a_removed_field_is_not(described: Described) -> None:
    before = described.document()
    with described.records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "pet", "plural": "pets", "label": "Pet"})])
        deal = schema.entities()["big_deal"]
        schema.remove_field(deal, deal.by_name["mail"])
    after = described.document()
    assert "/api/pets/{id}" in after["paths"] and "/api/pets/{id}" not in before["paths"]
    assert "mail" in str(before["components"]["schemas"]["BigDealCreate"])
    assert "mail" not in str(after["components"]["schemas"]["BigDealCreate"])
    validate(after)


def test_it_is_the_same_bytes_until_the_schema_changes_and_needs_an_actor(described: Described) -> None:
    client = described.app.test_client()
    first = client.get("/api/openapi.json", headers=ME)
    assert client.get("/api/openapi.json", headers={**ME, "If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get("/api/openapi.json").status_code == 401


WHOLE = {
    "name": "Ada",
    "notes": "x",
    "count": 3,
    "share": "1.25",
    "amount": "100",
    "won": True,
    "day": "2026-01-31",
    "at": "2026-01-31T12:00:00Z",
    "stage": "done",
    "tags": ["a"],
    "mail": "a@b.org",
    "phone": "+49 30 1",
    "site": "https://b.org",
    "extra": {"a": [1]},
}


def test_what_the_server_answers_fits_the_schemas(described: Described) -> None:
    document = described.document()
    client = described.app.test_client()
    firm = client.post(
        "/api/firms", json={"data": {"type": "firms", "attributes": {"name": "F"}}}, headers=ME
    ).get_json(force=True)
    one = {"type": "firms", "id": firm["data"]["id"]}
    links = {"firm": {"data": one}, "partners": {"data": [one]}}
    for attributes, relationships in ((WHOLE, links), ({"name": "B"}, {})):
        sent = {"data": {"type": "big-deals", "attributes": attributes, "relationships": relationships}}
        resolver(document, {"$ref": "#/components/schemas/BigDealCreate"}).validate(sent)
        assert client.post("/api/big-deals", json=sent, headers=ME).status_code == 201
    for path in (
        "/api/big-deals?include=firm,partners&page[totals]=true",
        "/api/big-deals/1?include=owner",
        "/api/big-deals/1/firm",
        "/api/big-deals/2/firm",
        "/api/big-deals/1/partners",
        "/api/firms/1/deals",
        "/api/big-deals/1/relationships/partners",
        "/api/big-deals/2/relationships/firm",
        "/api/big-deals/1/history",
        "/api/users",
        "/api/users/1",
        "/api/roles",
        "/api/log",
        "/api/entities",
        "/api/fields",
        "/api/tokens",
        "/api/trash",
        "/api",
        "/api/big-deals/99",
        "/api/big-deals?sort=nothing",
        "/api/big-deals?page[after]=",
        "/api/big-deals/1?as-of=2999-01-01",
    ):
        response = client.get(path, headers=ME)
        template = path.partition("?")[0]
        for number in ("/1", "/2", "/99"):
            template = template.replace(number, "/{id}")
        answers = document["paths"][template]["get"]["responses"]
        answer = answers[str(response.status_code)]
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        schema = answer["content"][response.mimetype]["schema"]
        resolver(document, schema).validate(response.get_json(force=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"name": ""},
        {"name": "x" * 81},
        {"count": 1001},
        {"count": "3"},
        {"share": "1.234"},
        {"amount": True},
        {"won": 1},
        {"day": 7},
        {"stage": "old"},
        {"tags": ["c"]},
        {"mail": "a@b"},
        {"phone": "none"},
        {"site": "javascript:x"},
        {"number": "D-1"},
        {"created_at": "2026-01-01T00:00:00Z"},
        {"unknown": 1},
        {"notes": "a\x00b"},
    ],
)
def test_what_the_schema_refuses_the_server_refuses_too(described: Described, wrong: dict[str, Any]) -> None:
    document = described.document()
    sent = {"data": {"type": "big-deals", "attributes": {"name": "A", **wrong}}}
    assert not resolver(document, {"$ref": "#/components/schemas/BigDealCreate"}).is_valid(sent)
    assert described.app.test_client().post("/api/big-deals", json=sent, headers=ME).status_code == 422
