"""What is ours beside JSON:API: ETags, versions, things that happen once, upserts, related records in one request."""

from __future__ import annotations

import threading

from api_client import Api, ids, mark, only_error, ref, refs, resource


def _again(api: Api, path: str, etag: str) -> int:
    return api.ask("GET", path, If_None_Match=etag).status_code


# ---------------------------------------------------------------------- ETag and If-None-Match


def test_a_record_is_304_until_it_changes(api: Api) -> None:
    tag = api.make("tags", name="a")
    for query in ("", "?fields[tags]=name", "?include=contacts"):
        path = f"/api/tags/{tag}{query}"
        etag = api.ask("GET", path, status=200).headers["ETag"]
        for header in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            answer = api.ask("GET", path, status=304, If_None_Match=header)
            assert answer.headers["ETag"] == etag
        assert _again(api, path, '"0"') == 200
        api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": f"b{query}"})})
        assert _again(api, path, etag) == 200


def test_etags_of_different_questions_differ(api: Api) -> None:
    tag = api.make("tags")
    queries = ("", "?fields[tags]=name", "?include=contacts", "?fields[tags]=name&include=contacts")
    assert len({api.ask("GET", f"/api/tags/{tag}{q}").headers["ETag"] for q in queries}) == 4


def test_a_write_gives_the_etag_that_a_read_gives(api: Api) -> None:
    answer = api.ask("POST", "/api/tags", {"data": resource("tags", None, {"name": "x"})}, status=201)
    tag = answer.json()["data"]["id"]
    assert _again(api, f"/api/tags/{tag}", answer.headers["ETag"]) == 304
    answer = api.ask("PATCH", f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "y"})}, status=200)
    assert _again(api, f"/api/tags/{tag}", answer.headers["ETag"]) == 304


def test_a_change_of_an_included_record_changes_the_etag(api: Api) -> None:
    account, tag, word = api.make("accounts"), api.make("tags"), mark()
    contact = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)}, mark=word)
    visit = api.make("site-visits", {"contact": ref("contacts", contact)})
    for path in (
        f"/api/contacts/{contact}?include=account,tags", f"/api/contacts?filter[mark]={word}&include=account,tags",
        f"/api/site-visits/{visit}?include=contact.account,contact.tags",
    ):  # fmt: skip
        for type_, id_ in (("accounts", account), ("tags", tag)):
            etag = api.ask("GET", path).headers["ETag"]
            assert _again(api, path, etag) == 304
            api.patch(f"/api/{type_}/{id_}", {"data": resource(type_, id_, {"name": mark()})})
            assert _again(api, path, etag) == 200, (path, type_)


def test_a_list_is_304_until_something_it_shows_may_have_changed(api: Api) -> None:
    word = mark()
    account = api.make("accounts", name="a")
    contact = api.make("contacts", {"account": ref("accounts", account)}, mark=word)
    for path in (f"/api/contacts?filter[mark]={word}&filter[account.name]=a",
    f"/api/contacts?filter[mark]={word}&sort=account.name",
                 f"/api/accounts?filter[contacts.mark]={word}", f"/api/accounts/{account}/contacts"):  # fmt: skip
        etag = api.ask("GET", path).headers["ETag"]
        assert _again(api, path, etag) == 304
        api.patch(f"/api/accounts/{account}", {"data": resource("accounts", account, {"staff": len(path) + 1000})})
        if "account" in path.partition("?")[2] or path.startswith("/api/accounts?"):
            assert _again(api, path, etag) == 200, path
        etag = api.ask("GET", path).headers["ETag"]
        api.patch(f"/api/contacts/{contact}", {"data": resource("contacts", contact, {"name": mark()})})
        assert _again(api, path, etag) == 200, path
    etag = api.ask("GET", f"/api/contacts?filter[mark]={word}").headers["ETag"]
    api.delete(f"/api/contacts/{contact}")
    assert _again(api, f"/api/contacts?filter[mark]={word}", etag) == 200


def test_a_list_of_linked_records_hears_of_links_from_both_ends(api: Api) -> None:
    contact, tag = api.make("contacts"), api.make("tags")
    here, there = f"/api/contacts/{contact}/tags", f"/api/tags/{tag}/contacts"
    assert (ids(api.get(here)), ids(api.get(there))) == ([], [])
    api.post(f"/api/tags/{tag}/relationships/contacts", {"data": refs("contacts", contact)}, status=204)
    assert (ids(api.get(here)), ids(api.get(there))) == ([tag], [contact])
    api.delete(f"/api/contacts/{contact}/relationships/tags", {"data": refs("tags", tag)})
    assert (ids(api.get(here)), ids(api.get(there))) == ([], [])


def test_totals_follow_every_write(api: Api) -> None:
    word = mark()
    path = f"/api/tags?filter[mark]={word}&page[size]=1&page[totals]=true"
    for n in range(3):
        assert api.get(path)["meta"]["page"]["total"] == n
        api.make("tags", mark=word)
    assert api.get(f"{path}&page[number]=2")["meta"]["page"]["total"] == 3


def test_a_new_field_makes_old_etags_stale(api: Api) -> None:
    tag, name = api.make("tags"), f"f_{mark()}"
    etags = {p: api.ask("GET", p).headers["ETag"] for p in (f"/api/tags/{tag}", "/api/tags")}
    field = {"data": resource("fields", None, {"entity": "tag", "name": name, "kind": "text"})}
    made = api.post("/api/fields", field)["data"]["id"]
    for path, etag in etags.items():
        assert _again(api, path, etag) == 200
    assert name in api.get(f"/api/tags/{tag}")["data"]["attributes"]
    old = api.ask("GET", f"/api/tags/{tag}").headers["ETag"]
    api.delete(f"/api/fields/{made}")
    change = {"data": resource("tags", tag, {"name": "x"})}
    api.patch(f"/api/tags/{tag}", change, If_Match=old)  # the record is the same, whatever the schema


# ---------------------------------------------------------------------- If-Match and meta.version


def test_whoever_saw_an_older_version_is_told_which_fields_differ(api: Api) -> None:
    tag = api.make("tags", name="a", mark="m")
    old = api.ask("GET", f"/api/tags/{tag}").headers["ETag"]
    with_query = api.ask("GET", f"/api/tags/{tag}?fields[tags]=name").headers["ETag"]
    api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "b"})}, If_Match=old)
    mine = resource("tags", tag, {"name": "c", "mark": "n"})
    for header in (old, with_query, f"W/{old}"):
        error = only_error(api.patch(f"/api/tags/{tag}", {"data": mine}, status=412, If_Match=header))
        assert error["meta"] == {"version": 2, "fields": ["name"]}
    error = only_error(api.patch(f"/api/tags/{tag}", {"data": {**mine, "meta": {"version": 1}}}, status=412))
    assert (error["code"], error["meta"]["fields"]) == ("stale", ["name"])
    api.patch(f"/api/tags/{tag}", {"data": {**mine, "meta": {"version": 2}}})


def test_every_change_takes_if_match(api: Api) -> None:
    contact, tag = api.make("contacts"), api.make("tags")
    for header in ('"7"', '"somebody-elses"', '""', "x", '"1", "2"'):
        api.ask("DELETE", f"/api/contacts/{contact}", status=412, If_Match=header)
        api.ask("PATCH", f"/api/contacts/{contact}/relationships/tags", {"data": []}, status=412, If_Match=header)
        api.ask(
            "POST",
            f"/api/contacts/{contact}/relationships/tags",
            {"data": refs("tags", tag)},
            status=412,
            If_Match=header,
        )
        api.ask("PATCH", f"/api/contacts/{contact}/relationships/account", {"data": None}, status=412, If_Match=header)
    api.ask(
        "POST", f"/api/contacts/{contact}/relationships/tags", {"data": refs("tags", tag)}, status=204, If_Match='"1"'
    )
    api.ask("DELETE", f"/api/contacts/{contact}", status=412, If_Match='"1"')
    api.ask("DELETE", f"/api/contacts/{contact}", status=204, If_Match="*")


def test_a_list_etag_never_fits_a_record(api: Api) -> None:
    tag = api.make("tags")
    etag = api.ask("GET", "/api/tags").headers["ETag"]
    api.patch(f"/api/tags/{tag}", {"data": resource("tags", tag, {"name": "x"})}, status=412, If_Match=etag)


def test_a_version_that_is_no_version_is_refused(api: Api) -> None:
    tag = api.make("tags")
    for version in ("1", 1.5, True, [], {}, -1, 10**30):
        data = {**resource("tags", tag, {"name": "x"}), "meta": {"version": version}}
        api.patch(f"/api/tags/{tag}", {"data": data}, status=(400, 412))


def test_of_two_who_write_at_once_one_wins(api: Api) -> None:
    tag = api.make("tags", name="0")
    results: list[int] = []

    def write(n: int) -> None:
        mine = Api(api.base)
        mine.session.headers.update(api.session.headers)
        data = {**resource("tags", tag, {"name": f"w{n}"}), "meta": {"version": 1}}
        results.append(mine.ask("PATCH", f"/api/tags/{tag}", {"data": data}).status_code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [200] + [412] * 5
    assert api.get(f"/api/tags/{tag}")["data"]["meta"]["version"] == 2


# ---------------------------------------------------------------------- Idempotency-Key


def test_a_request_sent_twice_under_a_key_is_done_once(api: Api) -> None:
    word = mark()
    document = {"data": resource("tags", None, {"name": "x", "mark": word})}
    first = api.ask("POST", "/api/tags", document, status=201, Idempotency_Key=word)
    again = api.ask("POST", "/api/tags", document, status=201, Idempotency_Key=word)
    assert again.json() == first.json()
    for header in ("ETag", "Location", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(ids(api.get(f"/api/tags?filter[mark]={word}"))) == 1


def test_a_key_that_is_used_for_something_else_is_a_conflict(api: Api) -> None:
    word = mark()
    api.post("/api/tags", {"data": resource("tags", None, {"name": "x"})}, Idempotency_Key=word)
    other = {"data": resource("tags", None, {"name": "y"})}
    assert only_error(api.post("/api/tags", other, status=409, Idempotency_Key=word))["code"] == "idempotency"
    api.post(
        "/api/tags?fields[tags]=name", {"data": resource("tags", None, {"name": "x"})}, status=409, Idempotency_Key=word
    )


def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    word = mark()
    api.post("/api/tags", {"data": resource("tags", None, {})}, status=422, Idempotency_Key=word)
    api.post("/api/tags", {"data": resource("tags", None, {"name": "x"})}, Idempotency_Key=word)


def test_keys_of_different_people_do_not_meet(api: Api, server) -> None:  # type: ignore[no-untyped-def]
    word = mark()
    document = {"data": resource("tags", None, {"name": "x"})}
    mine = api.post("/api/tags", document, Idempotency_Key=word)
    theirs = server.person("edna", "editor").post("/api/tags", document, Idempotency_Key=word)
    assert mine["data"]["id"] != theirs["data"]["id"]


def test_odd_keys_are_refused_or_taken_but_never_break(api: Api) -> None:
    document = {"data": resource("tags", None, {"name": "x"})}
    for key in ("", "k" * 256):
        error = only_error(api.post("/api/tags", document, status=400, Idempotency_Key=key))
        assert error["source"] == {"header": "Idempotency-Key"}
    for key in ("k" * 255, '"quoted"', "\xe4\xff", "a,b;c"):
        api.post("/api/tags", document, Idempotency_Key=key)


def test_two_at_once_with_one_key_make_one_record(api: Api) -> None:
    word = mark()
    document = {"data": resource("tags", None, {"name": "x", "mark": word})}
    answers: list[str] = []
    gate = threading.Barrier(8)

    def send() -> None:
        mine = Api(api.base)
        mine.session.headers.update(api.session.headers)
        gate.wait()
        answers.append(mine.post("/api/tags", document, Idempotency_Key=word)["data"]["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1
    assert ids(api.get(f"/api/tags?filter[mark]={word}")) == answers[:1]


# ---------------------------------------------------------------------- upsert


def test_upsert_by_fields_creates_then_updates(api: Api) -> None:
    code = mark()
    data = {**resource("accounts", None, {"name": "a", "code": code}), "meta": {"upsert": ["code"]}}
    made = api.post("/api/accounts", {"data": data}, status=201)["data"]
    data["attributes"] = {"name": "b", "code": code}
    answer = api.ask("POST", "/api/accounts", {"data": data}, status=200)
    assert "Location" not in answer.headers
    again = answer.json()["data"]
    assert (again["id"], again["attributes"]["name"], again["meta"]["version"]) == (made["id"], "b", 2)
    top = {"data": resource("accounts", None, {"name": "c", "code": code}), "meta": {"upsert": ["code"]}}
    assert api.post("/api/accounts", top, status=200)["data"]["id"] == made["id"]


def test_upsert_by_a_relation_and_a_field(api: Api) -> None:
    account = api.make("accounts")
    data = {
        **resource("contacts", None, {"name": "a"}, {"account": ref("accounts", account)}),
        "meta": {"upsert": ["account", "name"]},
    }
    made = api.post("/api/contacts", {"data": data})["data"]["id"]
    assert api.post("/api/contacts", {"data": data}, status=200)["data"]["id"] == made


def test_upsert_by_id_takes_an_id_of_the_client(api: Api) -> None:
    given = str(5_000_000 + int(api.make("tags")))
    data = {**resource("tags", given, {"name": "a"}), "meta": {"upsert": True}}
    assert api.post("/api/tags", {"data": data}, status=201)["data"]["id"] == given
    data["attributes"] = {"name": "b"}
    assert api.post("/api/tags", {"data": data}, status=200)["data"]["attributes"]["name"] == "b"
    assert int(api.make("tags")) > int(given)
    api.delete(f"/api/tags/{given}")
    api.post("/api/tags", {"data": data}, status=409)  # ids are never given again
    for wrong in ("x", "-1", "9" * 25, "0"):
        api.post("/api/tags", {"data": {**data, "id": wrong}}, status=(409, 422))


def test_an_upsert_that_fits_several_is_a_conflict(api: Api) -> None:
    word = mark()
    for _ in range(2):
        api.make("tags", mark=word)
    data = {**resource("tags", None, {"name": "x", "mark": word}), "meta": {"upsert": ["mark"]}}
    assert only_error(api.post("/api/tags", {"data": data}, status=409))["code"] == "ambiguous"


def test_a_wrong_upsert_is_told(api: Api) -> None:
    for upsert in (["nope"], ["tags"], [], "code", 5, {"a": 1}, [5], ["email"], [None], ["name", "name\x00"]):
        data = {**resource("contacts", None, {"name": "x"}), "meta": {"upsert": upsert}}
        found = api.ask("POST", "/api/contacts", {"data": data})
        assert found.status_code in (400, 422), (upsert, found.text)
    for meta in ([], "x", 5, None):
        api.post("/api/contacts", {"data": {**resource("contacts", None, {"name": "x"}), "meta": meta}}, status=400)
        document = {"data": resource("contacts", None, {"name": "x"}), "meta": {"upsert": ["email"]}}
        document["data"]["meta"] = meta
        api.post("/api/contacts", document, status=400)


# ---------------------------------------------------------------------- related records in one request


def test_related_records_are_created_in_one_post(api: Api) -> None:
    data = resource("contacts", None, {"name": "c"}, {"account": {"type": "accounts", "lid": "a"},
                    "tags": [{"type": "tags", "lid": "t1"}, {"type": "tags", "lid": "t2"}]})  # fmt: skip
    included = [
        resource("accounts", None, {"name": "new"}, {"parent": {"type": "accounts", "lid": "top"}}, lid="a"),
        resource("accounts", None, {"name": "top"}, lid="top"), resource("tags", None, {"name": "one"}, lid="t1"),
        resource("tags", None, {"name": "two"}, lid="t2"),
    ]  # fmt: skip
    made = api.post("/api/contacts?include=account.parent,tags", {"data": data, "included": included})
    names = {r["attributes"]["name"] for r in made["included"]}
    assert names == {"new", "top", "one", "two"}
    assert len(made["data"]["relationships"]["tags"]["data"]) == 2


def test_included_records_may_point_at_the_primary_one(api: Api) -> None:
    data = resource("accounts", None, {"name": "a"}, lid="me")
    included = [
        resource("contacts", None, {"name": f"c{n}"}, {"account": {"type": "accounts", "lid": "me"}}, lid=f"c{n}")
        for n in range(3)
    ]
    made = api.post("/api/accounts?include=contacts", {"data": data, "included": included})
    assert [r["attributes"]["name"] for r in made["included"]] == ["c0", "c1", "c2"]
    tag = api.make("tags")
    patch = resource("tags", tag, {"name": "z"}, {"contacts": [{"type": "contacts", "lid": "x"}]})
    changed = api.patch(f"/api/tags/{tag}?include=contacts",
                        {"data": patch, "included": [resource("contacts", None, {"name": "via patch"},
                        lid="x")]})  # fmt: skip
    assert [r["attributes"]["name"] for r in changed["included"]] == ["via patch"]


def test_a_wrong_included_record_takes_all_back(api: Api) -> None:
    word = mark()
    data = resource("contacts", None, {"name": "c", "mark": word}, {"tags": [{"type": "tags", "lid": "t"}]})
    for included, status in (
        ([resource("tags", None, {}, lid="t")], 422), ([], 400), ([resource("tags", None, {"name": "x"})], 400),
        ([resource("tags", None, {"name": "x"}, lid="t")] * 2, 400), ([resource("nothing", None, {}, lid="t")], 409),
        ({}, 400), ("x", 400), ([5], 400), ([resource("tags", None, {"name": "x"}, lid="t")] * 101, 400),
        ([resource("tags", "7", {"name": "x"}, lid="t")], 403),
    ):  # fmt: skip
        found = api.post("/api/contacts", {"data": data, "included": included}, status=status)
        assert found["errors"][0]["source"]["pointer"].startswith(("/included", "/data")) if status != 403 else True
    assert ids(api.get(f"/api/contacts?filter[mark]={word}")) == []
    code = mark()
    api.make("accounts", code=code)
    data = resource("contacts", None, {"name": "c"}, {"account": {"type": "accounts", "lid": "a"}})
    taken = [resource("accounts", None, {"name": "x", "code": code}, lid="a")]
    error = only_error(api.post("/api/contacts", {"data": data, "included": taken}, status=409))
    assert error["source"]["pointer"] == "/included/0/attributes/code"


def test_records_that_point_at_each_other_in_a_circle_are_refused(api: Api) -> None:
    data = resource("contacts", None, {"name": "c"}, {"account": {"type": "accounts", "lid": "a"}})
    included = [
        resource("accounts", None, {"name": n}, {"parent": {"type": "accounts", "lid": m}}, lid=n)
        for n, m in (("a", "b"), ("b", "a"))
    ]
    api.post("/api/contacts", {"data": data, "included": included}, status=400)


def test_what_has_addresses_of_its_own_does_not_slip_in_as_included(api: Api) -> None:
    """A file that names another's content by its hash, a user without a check."""
    data = resource("contacts", None, {"name": "c"})
    for type_, attributes in (
        ("users", {"email": "x@example.org"}),
        ("roles", {"name": "x"}),
        ("files", {"name": "x", "sha": "0" * 64}),
    ):
        document = {"data": data, "included": [resource(type_, None, attributes, lid="l")]}
        api.post("/api/contacts", document, status=400)
