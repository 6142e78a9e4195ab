"""Every route refuses parameters it does not know, and every write can be tried: walked over all routes there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from walk import UNSAFE, Site, steps

from appliance.http.route_policy import ANYBODY, policy_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "home")


def of_api(site: Site, *methods: str) -> list[Any]:
    """The routes of the API, where strangers are not answered."""
    found = steps(site.app, *methods)
    return [s for s in found if s.path.startswith("/api") and policy_of(site.app, s.endpoint).scope != ANYBODY]


def resource(type_: str, id_: str | None = None, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": type_, "attributes": attributes, **({} if id_ is None else {"id": id_})}}


EXAMPLES: dict[str, Any] = {
    "POST /api/contacts": resource("contacts", last_name="Lovelace"),
    "PATCH /api/contacts/1": resource("contacts", "1", last_name="Lovelace"),
    "DELETE /api/contacts/1": None,
    "PATCH /api/files/1": resource("files", "1", name="b.txt"),
    "DELETE /api/files/1": None,
    "PATCH /api/contacts": {"data": [{"type": "contacts", "attributes": {"last_name": "x"}}]},
    "DELETE /api/contacts": None,
    "POST /api/contacts/1/comments": resource("comments", text="hello"),
    "PATCH /api/contacts/1/relationships/account": {"data": {"type": "accounts", "id": "1"}},
    "POST /api/operations": {"atomic:operations": [{"op": "remove", "ref": {"type": "contacts", "id": "1"}}]},
    "POST /api/exports": resource("exports", type="contacts"),
    "PATCH /api/roles/1": resource("roles", "1", label="Chiefs"),
    "POST /api/roles": resource("roles", name="seller", label="Seller", grants={"contact": {"read": "all"}}),
    "POST /api/tokens": resource("tokens", name="t"),
    "POST /api/users": resource("users", email="new@example.org", password="a quite long one 42"),
    "PATCH /api/users/1": resource("users", "1", name="Somebody"),
    "POST /api/entities": resource("entities", name="invoice", plural="invoices", fields=[{"name": "number", "kind": "text"}]),
    "PATCH /api/entities/contact": resource("entities", label="Person"),
    "DELETE /api/entities/contact": None,
    "POST /api/fields": resource("fields", entity="contact", name="fax", kind="phone"),
    "PATCH /api/fields/1": resource("fields", "1", label="Other"),
    "DELETE /api/fields/1": None,
    "POST /api/views": resource("views", entity="contact", name="mine", label="Mine"),
    "POST /api/schedules": resource("schedules", name="s", kind="house.sweep", crontab="0 3 * * *"),
    "POST /api/notices/read-all": None,
    "POST /api/imports": None,
    "POST /api/import-mappings": resource("import-mappings", entity="contacts", name="m", mapping={"last_name": "Name"}),
}  # fmt: skip
"""What makes a write succeed; the other routes are asked with a document that they refuse, which must change nothing either."""
MUST_SUCCEED = 20


def test_no_route_takes_a_parameter_that_it_does_not_know(site: Site) -> None:
    token = site.token()
    before = site.fingerprint()
    for step in of_api(site, "GET", *UNSAFE):
        for name in (
            "nonsense",
            "dry_run",
            "dryrun",
            "dry-run[]",
            "Dry-Run",
            *(("dry-run",) if step.method == "GET" else ()),
        ):
            document = EXAMPLES.get(str(step)) if step.method != "GET" else None
            answer = site.ask(token, step.method, f"{step.path}?{name}=true", document)
            if step.method == "POST" and step.path == "/api/imports" and name == "dry_run":
                continue  # its own word for it, from before
            assert answer.status_code in (400, 404), f"{step} ?{name}: {answer.status_code} {answer.text[:200]}"
    assert site.fingerprint() == before


def test_a_lock_is_held_or_refused_on_every_write(site: Site) -> None:
    """If-Match of an ETag that is nobody's: no write succeeds as if it had not been sent."""
    token = site.token()
    before = site.fingerprint()
    for step in of_api(site, *UNSAFE):
        document = EXAMPLES.get(str(step), {"data": {"type": step.path.split("/")[2], "attributes": {}}})
        answer = site.ask(token, step.method, step.path, document, **{"If-Match": '"99999"'})
        assert 400 <= answer.status_code < 500, f"{step}: {answer.status_code} {answer.text[:200]}"
    assert site.fingerprint() == before


@pytest.mark.parametrize(("name", "value"), [
    ("scopes", 0), ("scopes", ""), ("scopes", {}), ("scopes", False), ("scopes", [None]),
    ("expires", 0), ("expires", False), ("expires", []), ("expires", {"a": 1}), ("expires", 1.5), ("name", 5),
])  # fmt: skip
def test_a_slip_makes_no_token_that_may_do_everything_for_ever(site: Site, name: str, value: Any) -> None:
    document = resource("tokens", **{"name": "t", "scopes": ["tag:read"], name: value})
    assert site.ask(site.token(), "POST", "/api/tokens", document).status_code == 422


def test_a_user_is_active_or_not(site: Site) -> None:
    assert site.ask(site.token(), "PATCH", "/api/users/1", resource("users", "1", active=None)).status_code == 422
    new = resource("users", email="new@example.org", active=None)
    assert site.ask(site.token(), "POST", "/api/users", new).status_code == 422


@pytest.mark.parametrize("value", ["true", "false", "1", ""])
def test_dry_run_is_understood_by_every_write_and_changes_nothing(site: Site, value: str) -> None:
    token = site.token()
    site.house.database.run("DELETE FROM ingot_idempotency")
    before, succeeded = site.fingerprint(), []
    for step in of_api(site, *UNSAFE):
        if value == "false":
            continue
        document = EXAMPLES.get(str(step), {"data": {"type": step.path.split("/")[2], "attributes": {}}})
        answer = site.ask(token, step.method, f"{step.path}?dry-run={value}", document)
        assert answer.status_code < 500, f"{step}: {answer.text[:500]}"
        if value != "true":
            assert answer.status_code in (400, 404, 409), f"{step} {value}: {answer.status_code} {answer.text[:200]}"
        elif answer.status_code < 300:
            succeeded.append(str(step))
            assert "Ingot-Transaction" not in answer.headers
        after = site.fingerprint()
        assert after == before, f"{step} changed {[k for k in after if after[k] != before.get(k)]}"
    if value == "true":
        assert len(succeeded) >= MUST_SUCCEED, succeeded
    # what was tried can be done: nothing of it has stayed in memory either
    assert site.ask(token, "GET", "/api/invoices").status_code == 404
    assert site.ask(token, "POST", "/api/entities", EXAMPLES["POST /api/entities"]).status_code == 201
    assert site.ask(token, "POST", "/api/invoices", resource("invoices", number="1")).status_code == 201
    assert site.ask(token, "GET", "/api/contacts/1").status_code == 200
