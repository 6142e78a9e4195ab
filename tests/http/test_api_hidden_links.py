"""What one may not see cannot be told from what is not there by linking to it, whatever address makes the link."""

from __future__ import annotations

import requests
from api_client import Api, ref, refs, resource
from api_server import Server


def test_linking_to_a_hidden_record_answers_as_for_one_that_is_not_there(api: Api, server: Server) -> None:
    """By every address that makes a link, from either end, for an entity one may not read at all."""
    grants = {"contact": dict.fromkeys(("read", "create", "update", "delete"), "all")}
    role = {"data": {"type": "roles", "attributes": {"name": "prober", "label": "Prober", "grants": grants}}}
    api.post("/api/roles", role)
    prober = server.person("prober", "prober")
    there, missing = api.make("accounts"), "999999"
    tag, contact = api.make("tags"), prober.make("contacts")

    def told(answer: requests.Response, target: str) -> tuple[int, str]:
        return answer.status_code, answer.text.replace(f"id {target}", "id N")

    for method, path, make in (
        ("PATCH", f"/api/contacts/{contact}/relationships/account", lambda i: {"data": ref("accounts", i)}),
        ("PATCH", f"/api/contacts/{contact}",
         lambda i: {"data": resource("contacts", contact, {}, {"account": ref("accounts", i)})}),
        ("POST", "/api/contacts", lambda i: {"data": resource("contacts", None, {"name": "x"}, {"account": ref("accounts", i)})}),
        ("POST", f"/api/contacts/{contact}/relationships/tags", lambda i: {"data": refs("tags", i)}),
        ("PATCH", f"/api/contacts/{contact}/relationships/tags", lambda i: {"data": refs("tags", i)}),
    ):  # fmt: skip
        real = tag if "tags" in path else there
        first, second = (prober.ask(method, path, make(i)) for i in (real, missing))
        assert told(first, real) == told(second, missing), path
        assert first.status_code in (400, 403, 404, 422)
    for i in (there, missing):  # the other end: an address of what one may not read
        answer = prober.ask("POST", f"/api/accounts/{i}/relationships/contacts", {"data": refs("contacts", contact)})
        assert answer.status_code in (403, 404)
