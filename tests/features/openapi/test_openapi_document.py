"""The document against its specification, the routes and the real answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from appliance import assembly
from appliance.features.openapi.document import METHODS
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM

if TYPE_CHECKING:
    from conftest import Described

ME = {"Authorization": "Bearer t"}


FOR_PROGRAMS = ("/api", "/healthz", "/readyz", "/metrics", "/files/<id_>/")
"""How the addresses begin that the document describes; the others are pages, and a WebSocket."""


def resolver(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def test_the_document_is_valid_openapi_and_its_operations_have_names_of_their_own(described: Described) -> None:
    document = described.document()
    validate(document)
    ids = [op["operationId"] for methods in document["paths"].values() for m, op in methods.items() if m in METHODS]
    assert len(ids) == len(set(ids)) > 60
    assert document["info"]["version"] == assembly.version()


def test_every_address_in_the_document_is_served_and_every_served_one_is_in_it(described: Described) -> None:
    document = described.document()
    adapter = described.app.url_map.bind("localhost")
    reached = set()
    for path, methods in document["paths"].items():
        for method in set(METHODS) & set(methods):
            words = path.replace("{id}", "1").replace("{kind}", "fields").replace("{name}", "x.csv")
            rule, _ = adapter.match(words, method.upper(), return_rule=True)
            reached |= {(rule.rule, method.upper())}
    served = {
        (rule.rule, method)
        for rule in described.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(FOR_PROGRAMS) and rule.rule != "/api/"
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
        "/api/big-deals/1/relationships/partners?include=partners&fields[firms]=name",
        "/api/big-deals/1/history",
        "/api/big-deals/1/history?page[size]=1&page[after]=999",
        "/api/big-deals/1/history?page[size]=501",
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


def sent(type_: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": type_, "attributes": attributes}}


def test_what_is_answered_of_background_work_fits_the_schemas(described: Described) -> None:
    """A closed schema: an attribute that jobs or schedules gain must be described."""
    document = described.document()
    client = described.app.test_client()
    parent = described.jobs.enqueue("exports.run", {"query": ""}, priority="high", key="once")
    described.jobs.enqueue("exports.run", parent=parent)
    described.jobs.enqueue("exports.run", after=parent, delay=60, expires_in=3600)
    sweep = {"name": "nightly", "kind": "house.sweep", "crontab": "5 4 * * *", "timezone": "Europe/Berlin"}
    paused = {"data": {"type": "schedules", "id": "nightly", "attributes": {"paused": True}}}
    upload = client.post("/api/files?name=a.csv", data=b"Name\nA\n", content_type="text/csv", headers=ME)
    file = upload.get_json(force=True)["data"]["id"]
    mapping = {"entity": "firms", "name": "usual", "mapping": {"name": "Name"}, "options": {"header_row": 1}}
    for method, template, words, body, status in (
        ("get", "/api/jobs", "?sort=-priority&page[size]=2&page[number]=1&filter[state]=new,waiting", None, 200),
        ("get", "/api/jobs", f"?filter[parent]={parent}&filter[created_at][gte]=2026-01-01T00:00:00Z", None, 200),
        ("get", "/api/jobs", "?sort=id&page[after]=3", None, 400),
        ("get", "/api/jobs/{id}", parent, None, 200),
        ("get", "/api/jobs/{id}", parent + 2, None, 200),
        ("patch", "/api/jobs/{id}", parent + 2, sent("jobs", priority="very-low", state="cancelled"), 200),
        ("patch", "/api/jobs/{id}", parent, sent("jobs", priority=2), 422),
        ("post", "/api/schedules", "", sent("schedules", **sweep), 201),
        ("post", "/api/schedules", "", sent("schedules", **sweep), 409),
        ("post", "/api/schedules", "", sent("schedules", **{**sweep, "name": "x", "every": 60}), 422),
        ("patch", "/api/schedules/{id}", "nightly", paused, 200),
        ("post", "/api/schedules/{id}/runs", "nightly", None, 202),
        ("get", "/api/schedules/{id}", "nightly", None, 200),
        ("get", "/api/schedules", "", None, 200),
        ("delete", "/api/schedules/{id}", "nightly", None, 204),
        ("post", "/api/imports/analysis", "", sent("import-analyses", file=file), 200),
        ("post", "/api/import-mappings", "", sent("import-mappings", **mapping), 201),
        ("get", "/api/import-mappings", "?filter[entity]=firms", None, 200),
        ("post", "/api/imports", "", sent("imports", file=file, entity="firms", saved_mapping="1"), 202),
        ("get", "/api/imports", "", None, 200),
        ("post", "/api/exports", "", sent("exports", type="firms", format="jsonl", query="sort=name"), 202),
        ("get", "/api/exports/{name}", "firms.csv?sort=name&filter[name][contains]=a&fields[firms]=name", None, 200),
        ("get", "/readyz", "", None, 200),
        ("get", "/metrics", "", None, 200),
    ):
        path = template.replace("{id}", str(words)).replace("{name}", str(words))
        path += str(words) if path == template else ""
        response = client.open(path, method=method.upper(), json=body, headers=ME)
        assert response.status_code == status, (method, path, response.text)
        operation = document["paths"][template][method]
        if body is not None and status < 400:
            taken = operation["requestBody"]["content"]["application/vnd.api+json"]["schema"]
            resolver(document, taken).validate(body)
        answer = operation["responses"][str(status)]
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        if status == 204:
            continue
        schema = answer["content"][response.mimetype]["schema"]
        if str(response.mimetype).endswith("json"):
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
