"""A token's scopes cover everything it can do; what nobody thought of is refused."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from walk import UNSAFE, Site, steps

from appliance.base.errors import Invalid
from appliance.http.route_policy import ANYBODY, RECORDS, policy_of
from appliance.records import scopes

OPEN = "readable by anybody who finds the address"
EXPECTED_OPEN = {"health", "assets", "identity_pages", "trust", "help"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("walk") / "home")


def body(type_: str) -> dict[str, object]:
    return {"data": {"type": type_, "attributes": {}}}


def test_a_reading_token_writes_nowhere(site: Site) -> None:
    token = site.token("*:read")
    before = site.fingerprint()
    for step in steps(site.app, *UNSAFE):
        policy = policy_of(site.app, step.endpoint)
        if policy.scope == ANYBODY:
            continue
        type_ = step.path.removeprefix("/api/").partition("/")[0]
        answer = site.ask(token, step.method, step.path, body(type_))
        # What the rights on records decide may find the request wanting before it asks for them.
        expected = (400, 403, 404, 405, 409, 415, 422) if policy.scope == RECORDS else (403,)
        assert answer.status_code in expected, f"{step}: {answer.status_code} {answer.text[:300]}"
    assert site.fingerprint() == before


def test_a_token_for_one_entity_reads_nothing_else(site: Site) -> None:
    token = site.token("tag:read")
    for step in steps(site.app, "GET", *UNSAFE, type_="contacts", key="contact"):
        policy = policy_of(site.app, step.endpoint)
        if policy.scope == ANYBODY or step.endpoint == "live.talk":
            continue
        answer = site.ask(token, step.method, step.path, None if step.method == "GET" else body("contacts"))
        if answer.status_code < 400:  # it may be there, but tell of tags alone
            told = json.dumps(answer.json)
            assert step.endpoint in ("api.index", "api.index_slash", "search.search", "feed.log", "comments.mine"), step
            assert "contact" not in told and "account" not in told, step
    assert site.ask(token, "GET", "/api/tags/1").status_code == 200
    assert site.ask(token, "GET", "/api/search?filter[q]=t").status_code == 200


def test_only_what_everybody_may_know_is_declared_open(site: Site) -> None:
    found = {s.endpoint for s in steps(site.app, "GET", *UNSAFE) if policy_of(site.app, s.endpoint).scope == ANYBODY}
    assert {name.partition(".")[0] for name in found} - {"files"} <= EXPECTED_OPEN
    assert {name for name in found if name.startswith("files")} <= {"files.download"}


def test_each_area_opens_its_own_addresses_and_no_other(site: Site) -> None:
    addresses = {
        "job": "/api/jobs", "view": "/api/views", "schedule": "/api/schedules", "token": "/api/tokens", "import": "/api/imports",
        "notice": "/api/notices", "export": "/api/exports/tags.csv", "undo": "/api/tags/deleted",
    }  # fmt: skip
    for area, path in itertools.product(addresses, addresses.values()):
        answer = site.ask(site.token(f"{area}:read", "tag:read"), "GET", path)
        assert (answer.status_code == 200) is (addresses[area] == path), (area, path, answer.text[:200])
    everything = site.token("*:read")
    for path in addresses.values():
        assert site.ask(everything, "GET", path).status_code == 200, path


def test_a_job_is_steered_and_read_by_who_may_do_what_it_does(site: Site) -> None:
    jobs = site.house.jobs
    with site.house.database.write():
        ours = {"type": "contacts", "query": "", "change": {"delete": True}}
        full = jobs.enqueue("records.batch", {**ours, "scopes": []}, actor="user:1")
        narrow = jobs.enqueue("records.batch", {**ours, "scopes": ["tag:read"]}, actor="user:1")
    token = site.token("tag:read", "job:read", "job:write")
    wanted = {"data": {"type": "jobs", "attributes": {"state": "cancelled"}}}
    for job, allowed in ((full, False), (narrow, True)):
        shown = site.ask(token, "GET", f"/api/jobs/{job}").json["data"]["attributes"]  # type: ignore[index]
        assert (shown["arguments"] is not None) is allowed
        assert site.ask(token, "PATCH", f"/api/jobs/{job}", wanted).status_code == (200 if allowed else 403)
    assert site.ask(token, "POST", "/api/jobs/discard").status_code == 403
    assert site.ask(site.token("*:read", "*:write"), "PATCH", f"/api/jobs/{full}", wanted).status_code == 200


def test_a_token_for_an_entity_reads_neither_its_files_nor_its_comments(site: Site) -> None:
    """Who reads the record reads what it links to, and what was said of it; a token only with a scope for that."""
    root = site.token()
    paper = {"name": "paper", "plural": "papers", "label": "Paper", "title": "{t}",
             "fields": [{"name": "t", "kind": "text"}, {"name": "f", "kind": "file"}]}  # fmt: skip
    assert (
        site.ask(root, "POST", "/api/entities", {"data": {"type": "entities", "attributes": paper}}).status_code == 201
    )
    narrow = site.token("paper:read")
    one = {"type": "papers", "attributes": {"t": "a"}, "relationships": {"f": {"data": {"type": "files", "id": "1"}}}}
    made = site.ask(root, "POST", "/api/papers", {"data": one}).json["data"]["id"]  # type: ignore[index]
    said = {"data": {"type": "comments", "attributes": {"text": "said in confidence"}}}
    assert site.ask(root, "POST", f"/api/papers/{made}/comments", said).status_code == 201
    assert site.ask(narrow, "GET", f"/api/papers/{made}").status_code == 200
    for path, more in (("/files/1", "file:read"), (f"/api/papers/{made}/comments", "comment:read")):
        assert site.ask(narrow, "GET", path).status_code == 403, path
        assert site.ask(site.token("paper:read", more), "GET", path).status_code == 200, path
        assert site.ask(site.token("*:read"), "GET", path).status_code == 200, path


SCOPES = ["*:read", "*:write", "tag:read", "tag:write", "tag:update", "job:read", "job:write", "*records:read"]


def test_scopes_include_what_they_allow() -> None:
    """`include` agrees with asking for each thing in turn."""
    things = [(n, v, True) for n in ("tag", "contact", "file") for v in ("read", "create", "update", "delete")]
    things += [(n, v, False) for n in scopes.AREAS for v in ("read", "write")]

    def allowed(held: tuple[str, ...]) -> set[tuple[str, str, bool]]:
        return {(n, v, r) for n, v, r in things if any(scopes.covers(s, v, n, record=r) for s in held)}

    for held in itertools.chain(itertools.combinations(SCOPES, 1), itertools.combinations(SCOPES, 2)):
        for needed in SCOPES:
            if scopes.include(held, [needed]):
                assert allowed((needed,)) <= allowed(held), (held, needed)
        assert scopes.include(held, list(held))
        assert scopes.include(held, []) == (set(held) == {"*:read", "*:write"})
    assert not scopes.include(["*records:read"], ["*:read"])
    assert scopes.include(["*:read"], ["*records:read"])


@pytest.mark.parametrize("word", ["health:write", "job:create", "nothing:read", "tag:fly", "job", "", ":read"])
def test_a_scope_that_says_nothing_is_refused(site: Site, word: str) -> None:
    with pytest.raises(Invalid):
        site.token(word)


def test_tokens_of_earlier_versions_keep_records_and_lose_the_rest(tmp_path: Path) -> None:
    from box import Box

    homes = Path(__file__).parents[1] / "fixtures" / "homes"
    secrets = json.loads((homes / "0.1.0.json").read_text("utf-8"))["tokens"]
    box = Box(tmp_path / "home")
    box.ingot("restore", str(homes / "0.1.0.ingot"))
    box.start()
    try:
        box.session.headers["Authorization"] = f"Bearer {secrets['reading']}"
        for path in ("/api/specimens", "/api/users", "/api/accounts", "/api/log"):
            box.get(path)
        for path in ("/api/jobs", "/api/views", "/api/tokens", "/api/imports", "/api/notices"):
            box.get(path, 403)
        box.session.headers["Authorization"] = f"Bearer {secrets['all']}"
        for path in ("/api/specimens", "/api/jobs", "/api/views"):
            box.get(path)
        box.session.headers["Authorization"] = f"Bearer {secrets['one']}"
        box.get("/api/specimens")
        box.get("/api/accounts", 403)
    finally:
        box.stop()
