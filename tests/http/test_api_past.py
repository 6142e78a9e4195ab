"""History, the log, and records as they were."""

from __future__ import annotations

import time

from api_client import Api, ids, mark, only_error, ref, refs, resource


def _position(api: Api, contact: str, n: int) -> int:
    """Of the record's n-th entry."""
    return int(ids(api.get(f"/api/contacts/{contact}/history"))[-n])


def test_history_tells_who_changed_what_newest_first(api: Api) -> None:
    tag = api.make("tags")
    contact = api.make("contacts", name="a")
    api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, {"name": "b"})})
    api.post(f"/api/contacts/{contact}/relationships/tags", {"data": refs("tags", tag)}, status=204)
    api.delete(f"/api/contacts/{contact}")
    entries = [e["attributes"] for e in api.get(f"/api/contacts/{contact}/history")["data"]]
    assert [e["action"] for e in entries] == ["deleted", "updated", "updated", "created"]
    assert [e["version"] for e in entries] == [4, 3, 2, 1]
    assert entries[2]["change"] == {"name": ["a", "b"]}
    assert entries[1]["change"] == {"tags": [[], [tag]]}
    assert {e["via"] for e in entries} == {"api"} and len({e["transaction"] for e in entries}) == 4
    assert all(e["actor"].startswith("token:") and e["record"] == contact for e in entries)


def test_history_comes_in_pages(api: Api) -> None:
    tag = api.make("tags", name="0")
    for n in range(1, 5):
        api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": str(n)})})
    seen, path = [], f"/api/tags/{tag}/history?page[size]=2"
    while path:
        page = api.get(path)
        assert len(page["data"]) <= 2
        seen += [e["attributes"]["version"] for e in page["data"]]
        path = page["links"]["next"]
    assert seen == [5, 4, 3, 2, 1]
    for wrong in ("page[size]=0", "page[size]=501", "page[after]=x", "page[after]=-1", "page[number]=1"):
        api.get(f"/api/tags/{tag}/history?{wrong}", status=400)


def test_a_record_is_shown_as_it_was_by_position_and_by_time(api: Api) -> None:
    tag, account = api.make("tags"), api.make("accounts")
    contact = api.make("contacts", name="first", email="a@example.org")
    time.sleep(0.01)
    between = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{int(time.time() * 1000) % 1000:03d}Z"
    time.sleep(0.01)
    change = resource(
        "contacts", contact, {"name": "second"}, {"account": ref("accounts", account), "tags": refs("tags", tag)}
    )
    api.patch(f"/api/contacts/{contact}", {"data": change})
    api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, {"name": "third", "email": None})})
    created, second = _position(api, contact, 1), _position(api, contact, 2)
    for moment in (str(created), between):
        old = api.get(f"/api/contacts/{contact}?as-of={moment}")["data"]
        assert (old["attributes"]["name"], old["attributes"]["email"]) == ("first", "a@example.org")
        assert (old["relationships"]["account"]["data"], old["relationships"]["tags"]["data"]) == (None, [])
        assert old["meta"]["version"] == 1
    middle = api.get(f"/api/contacts/{contact}?as-of={second}")["data"]
    assert middle["attributes"]["name"] == "second"
    assert middle["relationships"]["account"]["data"] == ref("accounts", account)
    assert middle["relationships"]["tags"]["data"] == refs("tags", tag)
    now = api.get(f"/api/contacts/{contact}?as-of={second + 1_000_000}")["data"]
    assert (now["attributes"]["name"], now["meta"]["version"]) == ("third", 3)
    assert (
        api.get(f"/api/contacts/{contact}?as-of={time.strftime('%Y-%m-%d', time.gmtime())}")["data"]["meta"]["version"]
        == 3
    )
    api.get(f"/api/contacts/{contact}?as-of={created - 1}", status=404)
    api.get(f"/api/contacts/{contact}?as-of=2001-01-01", status=404)
    api.delete(f"/api/contacts/{contact}")
    assert api.get(f"/api/contacts/{contact}?as-of={second}")["data"]["attributes"]["name"] == "second"
    api.get(f"/api/contacts/{contact}?as-of={second + 1_000_000}", status=404)


def test_moments_that_are_none_are_told(api: Api) -> None:
    tag = api.make("tags")
    for text in (
        "",
        "x",
        "-1",
        "2020-13-01",
        "9" * 30,
        "0001-01-01T00:00:00-23:59",
        "9999-12-31T23:59:59-12:00",
        "%00",
        "2020-01-01T00:00:00%2B99:00",
    ):
        found = api.ask("GET", f"/api/tags/{tag}?as-of={text}")
        assert found.status_code in ((200,) if text.startswith("9999-") else (400, 404)), text
        if found.status_code == 400:
            assert only_error(found.json())["source"] == {"parameter": "as-of"}


def test_the_log_resumes_without_gap_or_double(api: Api) -> None:
    start = api.ask("GET", "/api/log?sort=-position&page[size]=1").json()["meta"]["position"]
    made = [api.make("tags") for _ in range(5)]
    seen: list[str] = []
    after = start
    while True:
        page = api.ask("GET", f"/api/log?page[after]={after}&page[size]=2&filter[entity]=tag").json()["data"]
        if not page:
            break
        seen += [e["attributes"]["record"] for e in page]
        after = page[-1]["id"]
    assert seen == made
    newest = api.ask("GET", "/api/log?sort=-position&filter[entity]=tag&page[size]=1").json()["data"][0]
    assert newest["attributes"]["record"] == made[-1]


def test_one_transaction_is_one_in_the_log(api: Api) -> None:
    word = mark()
    add = {"op": "add", "data": resource("tags", None, {"name": "x", "mark": word})}
    api.operate(add, add, add)
    entries = api.ask("GET", "/api/log?sort=-position&page[size]=3").json()["data"]
    assert len({e["attributes"]["transaction"] for e in entries}) == 1


def test_errors_speak_the_readers_language(api: Api) -> None:
    english = only_error(api.get("/api/tags/99999999", status=404))
    assert english["title"] == "Not found"
    for header in ("de", "de-AT,de;q=0.9,en;q=0.5", "fr, de;q=0.3"):
        german = only_error(api.get("/api/tags/99999999", status=404, Accept_Language=header))
        assert german["code"] == english["code"]
        assert german["title"] != english["title"] or not _has_german()
    for header in ("en", "fr", "", "*", ";;;", "q=x", "de;q=0, en", "\xe4", "," * 500):
        found = only_error(api.get("/api/tags/99999999", status=404, Accept_Language=header))
        assert found["title"] == "Not found", header


def _has_german() -> bool:
    from appliance.base.text import catalog

    return "Not found" in catalog("de")
