"""What holds for each answer there is: headers, no foreign origin, no unescaped text of anybody's, nothing told of the inside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from walk import UNSAFE, Site, steps

from appliance.features.identity import accounts
from appliance.records.permissions import SYSTEM

PAYLOAD = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}${7*7}"
RAW = ("<img src=x", "<script>alert(2)", 'onerror=alert(1)>"')
HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Everything that people may name is named like an attack."""
    found = Site(tmp_path_factory.mktemp("every") / "home")
    token = found.token()
    hostile = PAYLOAD[:80]
    field = {
        "name": "evil",
        "kind": "choice",
        "label": hostile,
        "help": hostile,
        "choices": [{"value": "a", "label": hostile}],
    }
    plain = {"name": "title", "kind": "text", "label": hostile}
    more = {"name": "extra", "kind": "json", "label": hostile}
    entity = {"name": "thing", "plural": "things", "label": hostile, "plural_label": hostile, "title": "{title}", "help": hostile,
              "fields": [plain, field, more]}  # fmt: skip
    _ask(found, token, "POST", "/api/entities", {"type": "entities", "attributes": entity})
    values = {"title": PAYLOAD, "evil": "a", "extra": {PAYLOAD: PAYLOAD}}
    _ask(found, token, "POST", "/api/things", {"type": "things", "attributes": values})
    _ask(found, token, "PATCH", "/api/things/1", {"type": "things", "id": "1", "attributes": {"title": PAYLOAD + "!"}})
    _ask(found, token, "POST", "/api/things/1/comments", {"type": "comments", "attributes": {"text": PAYLOAD}})
    view = {"entity": "thing", "name": "evil", "label": hostile, "query": "sort=title"}
    _ask(found, token, "POST", "/api/views", {"type": "views", "attributes": view})
    with found.house.records.work(SYSTEM) as work:
        work.update("user", 1, {"name": PAYLOAD[:100]})
        accounts.add_user(work, "second@example.org", name=PAYLOAD[:100], roles=["editor"])
    return found


def _ask(site: Site, token: str, method: str, path: str, data: dict[str, Any]) -> None:
    answer = site.ask(token, method, path, {"data": data})
    assert answer.status_code < 300, answer.text


def pages(site: Site) -> list[str]:
    found = [s.path for s in steps(site.app, "GET", type_="things", name="title") if not s.path.startswith("/api/")]
    return [p for p in found if p != "/live"] + [
        "/things?q=<img src=x onerror=alert(1)>",
        "/search?q=<script>alert(2)</script>",
    ]


def test_no_page_shows_what_people_wrote_unescaped(site: Site) -> None:
    client, headers, shown = (
        site.app.test_client(),
        {"Authorization": f"Bearer {site.token()}", "Accept": "text/html"},
        0,
    )
    for path in pages(site):
        answer = client.get(path, headers=headers)
        assert answer.status_code < 500, path
        if answer.mimetype == "text/html":
            for raw in RAW:
                assert raw not in answer.text, f"{path} shows {raw}"
            assert "49" not in answer.text or "{{7*7}}" in answer.text or "7*7" not in answer.text, path
            shown += "alert(" in answer.text
    assert shown >= 8, "the payload reached the pages"


def test_every_answer_has_the_headers_and_none_invites_another_origin(site: Site) -> None:
    client, token = site.app.test_client(), site.token("*:read")  # one that may not change what is walked over
    for step in steps(site.app, "GET", *UNSAFE, type_="things"):
        for headers in ({"Origin": "https://evil.example"}, {"Authorization": f"Bearer {token}", "Origin": "null"}):
            answer = client.open(step.path, method=step.method, headers=headers)
            for name, value in HEADERS.items():
                assert value in answer.headers.get(name, ""), f"{step}: {name}"
            assert not [n for n in dict(answer.headers) if n.lower().startswith("access-control-")], step
            policy = answer.headers["Content-Security-Policy"]
            own = policy.startswith("sandbox")  # of a file that somebody uploaded: it runs nothing, whatever it is
            assert own or ("unsafe-inline" not in policy and "unsafe-eval" not in policy), step


def test_nothing_but_the_static_files_may_be_kept_by_a_shared_cache(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token()}"}
    for step in steps(site.app, "GET", type_="things"):
        answer = site.app.test_client().get(step.path, headers=headers)
        control = answer.headers.get("Cache-Control", "")
        if answer.status_code == 200 and "public" in control:
            assert step.path.startswith("/static/") or step.endpoint.startswith("assets"), step


def test_session_cookies_are_for_the_server_alone(site: Site) -> None:
    with site.house.records.work(SYSTEM) as work:
        accounts.add_user(work, "cookie@example.org", roles=["reader"], password="a plain and long one 7")
    for scheme, name in (("http", "ingot_session"), ("https", "__Host-ingot_session")):
        client = site.app.test_client()
        form = {"email": "cookie@example.org", "password": "a plain and long one 7"}
        answer = client.post("/sign-in", data=form, base_url=f"{scheme}://localhost")
        set_ = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(f"{name}=")]
        assert len(set_) == 1, answer.headers.getlist("Set-Cookie")
        assert "HttpOnly" in set_[0] and "SameSite=Lax" in set_[0] and "Path=/" in set_[0]
        assert ("Secure" in set_[0]) is (scheme == "https")
        value = set_[0].partition("=")[2].partition(";")[0]
        assert len(value) >= 43, "256 bits"
        held = json.dumps([list(map(str, r)) for r in site.house.database.rows("SELECT * FROM ingot_session")])
        assert value not in held


def test_no_request_sets_what_the_server_gives(site: Site) -> None:
    """Mass assignment: the fields every record has, and those of the built-in ones that hold rights or bytes."""
    token = site.token()
    for name in ("id", "version", "created_at", "updated_at", "created_by", "updated_by", "password", "digest"):
        data = {"type": "things", "attributes": {"title": "x", name: "1"}}
        assert site.ask(token, "POST", "/api/things", {"data": data}).status_code in (400, 403, 409, 422), name
        data = {"type": "things", "id": "1", "attributes": {name: "1"}}
        assert site.ask(token, "PATCH", "/api/things/1", {"data": data}).status_code in (400, 403, 409, 422), name
    editor = site.token(user=2)
    for path, data in (
        ("/api/users/2", {"type": "users", "id": "2", "attributes": {"roles": ["admin"]}}),
        ("/api/roles/1", {"type": "roles", "id": "1", "attributes": {"grants": {}}}),
    ):
        assert site.ask(editor, "PATCH", path, {"data": data}).status_code == 403


def test_an_error_of_ours_tells_nothing_of_the_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret inside /home/somebody/ingot.db")

    monkeypatch.setitem(site.app.view_functions, "api.index", broken)
    answer = site.ask(site.token(), "GET", "/api")
    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text and "somebody" not in answer.text
    for path in (
        "/.git/config",
        "/settings.toml",
        "/ingot.db",
        "/../ingot.db",
        "/static/../../ingot.db",
        "/static/%2e%2e/x",
    ):
        assert site.app.test_client().get(path).status_code in (303, 401, 403, 404), path


def test_the_program_runs_no_text() -> None:
    """No shell, no eval or exec, no pickle, no yaml: of anything, so of nothing that a user wrote."""
    import ast

    import appliance
    import gui

    found = []
    for package in (appliance, gui):
        root = Path(str(package.__file__)).parent
        for file in root.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                where = f"{file.relative_to(root)}:{getattr(node, 'lineno', 0)}"
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = {a.name for a in node.names} | {getattr(node, "module", "") or ""}
                    if names & {"pickle", "marshal", "shelve", "yaml"} and "engines/cache" not in str(file):
                        found.append(where)
                if isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else ""
                    attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                    owner = node.func.value.id if attribute and isinstance(node.func.value, ast.Name) else ""  # type: ignore[attr-defined]
                    if name in ("eval", "exec") or (owner == "os" and attribute in ("system", "popen")):
                        found.append(where)
                    if any(k.arg == "shell" and getattr(k.value, "value", False) for k in node.keywords):
                        found.append(where)
    assert found == []
