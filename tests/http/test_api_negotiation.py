"""JSON:API 1.1, Content Negotiation: what a server must do with Content-Type and Accept."""

from __future__ import annotations

import pytest
from api_client import ATOMIC, CURSOR, MEDIA, MEDIA_ATOMIC, Api, mark, only_error, resource


def _tag(name: str = "t") -> dict[str, object]:
    return {"data": resource("tags", None, {"name": name})}


def test_must_send_documents_as_jsonapi_media_type(api: Api) -> None:
    """Universal Responsibilities."""
    for path in ("/api", "/api/tags", "/api/entities", "/api/fields", "/api/users", "/api/roles", "/api/tokens"):
        assert api.ask("GET", path, status=200).headers["Content-Type"].split(";")[0] == MEDIA
    assert api.ask("GET", "/api/nothing", status=404).headers["Content-Type"] == MEDIA
    assert api.ask("POST", "/api/tags", _tag(), status=201).headers["Content-Type"] == MEDIA


def test_must_name_applied_extension_in_content_type(api: Api) -> None:
    """Universal Responsibilities: ext."""
    operation = {"op": "add", "data": resource("tags", None, {"name": "x"})}
    answer = api.ask(
        "POST", "/api/operations", {"atomic:operations": [operation]}, media=MEDIA_ATOMIC, Accept=MEDIA_ATOMIC
    )
    assert f'ext="{ATOMIC}"' in answer.headers["Content-Type"]
    assert answer.json()["jsonapi"]["ext"] == [ATOMIC]


def test_must_name_applied_profile_in_content_type(api: Api) -> None:
    """Universal Responsibilities: profile."""
    answer = api.ask("GET", "/api/tags?page[after]=&page[size]=1", status=200)
    assert answer.headers["Content-Type"] == f'{MEDIA}; profile="{CURSOR}"'
    assert answer.json()["jsonapi"]["profile"] == [CURSOR]
    plain = api.ask("GET", "/api/tags?page[size]=1", status=200)
    assert plain.headers["Content-Type"] == MEDIA
    assert "profile" not in plain.json()["jsonapi"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_must_answer_415_to_other_media_type_parameters(api: Api, method: str) -> None:
    """Server Responsibilities."""
    path = "/api/tags" if method == "POST" else f"/api/tags/{api.make('tags')}"
    for parameter in ("charset=utf-8", "version=1", 'ext=""; charset=utf-8', "CHARSET=utf-8", "boundary"):
        answer = api.ask(method, path, _tag(), media=f"{MEDIA}; {parameter}", status=415)
        assert only_error(answer.json())["status"] == "415"


def test_must_answer_415_to_unsupported_extension(api: Api) -> None:
    """Server Responsibilities."""
    for extension in ("https://example.org/ext", f"{ATOMIC} https://example.org/ext"):
        api.ask("POST", "/api/tags", _tag(), media=f'{MEDIA}; ext="{extension}"', status=415)
        api.ask("POST", "/api/operations", {}, media=f'{MEDIA}; ext="{extension}"', status=415)


def test_must_ignore_instances_with_other_parameters_when_one_is_plain(api: Api) -> None:
    """Server Responsibilities."""
    accept = f"{MEDIA}; charset=utf-8, {MEDIA}; q=0.5"
    assert api.ask("GET", "/api/tags", status=200, Accept=accept).headers["Content-Type"] == MEDIA
    accept = f'{MEDIA};charset="a,b", {MEDIA};ext="https://example.org/ext", {MEDIA}'
    assert api.ask("GET", "/api/tags", status=200, Accept=accept).headers["Content-Type"] == MEDIA


@pytest.mark.parametrize("more", ["", ", application/json", ", */*", f", {MEDIA};version=2"])
def test_must_answer_406_when_all_instances_have_other_parameters(api: Api, more: str) -> None:
    """Server Responsibilities."""
    api.ask("GET", "/api/tags", status=406, Accept=f"{MEDIA}; charset=utf-8{more}")


def test_must_answer_406_when_every_instance_has_an_unsupported_extension(api: Api) -> None:
    """Server Responsibilities."""
    api.ask("GET", "/api/tags", status=406, Accept=f'{MEDIA};ext="https://example.org/ext"')
    api.ask("GET", "/api/tags", status=406, Accept=f'{MEDIA};ext="{ATOMIC} https://example.org/ext"')


def test_an_extension_that_cannot_be_applied_at_an_address_is_refused(api: Api) -> None:
    """An atomic document must not hold data: a list cannot be one."""
    api.ask("GET", "/api/tags", status=406, Accept=MEDIA_ATOMIC)
    api.ask("POST", "/api/tags", _tag(), media=MEDIA_ATOMIC, status=415)


def test_must_ignore_unknown_profiles(api: Api) -> None:
    """Server Responsibilities."""
    unknown = f'{MEDIA};profile="https://example.org/p https://example.org/q"'
    assert api.ask("GET", "/api/tags", status=200, Accept=unknown).headers["Content-Type"] == MEDIA
    api.ask("POST", "/api/tags", _tag(), media=unknown, status=201)


def test_a_requested_profile_is_applied_to_lists(api: Api) -> None:
    """Server Responsibilities: SHOULD attempt to apply any requested profiles."""
    word = mark()
    for _ in range(2):
        api.make("tags", mark=word)
    accept = f'{MEDIA};profile="https://example.org/p {CURSOR}"'
    answer = api.ask("GET", f"/api/tags?filter[mark]={word}&page[size]=1", status=200, Accept=accept)
    assert answer.headers["Content-Type"] == f'{MEDIA}; profile="{CURSOR}"'
    document = answer.json()
    assert document["data"][0]["meta"]["page"]["cursor"]
    assert "page%5Bafter%5D=" in document["links"]["next"]
    number = api.ask("GET", f"/api/tags?filter[mark]={word}&page[number]=1", status=200, Accept=accept)
    assert number.headers["Content-Type"] == MEDIA  # pages by number are what was asked for


def test_answers_vary_by_accept(api: Api, anybody: Api) -> None:
    """Server Responsibilities: SHOULD; caches must not mix the two."""
    made = api.make("tags")
    for answer in (
        api.ask("GET", "/api/tags"),
        api.ask("GET", f"/api/tags/{made}"),
        api.ask("GET", "/api/nothing"),
        anybody.ask("GET", "/api/tags", status=401),
        api.ask("PATCH", f"/api/tags/{made}/relationships/contacts", {"data": []}, status=204),
    ):
        assert "Accept" in [word.strip() for word in answer.headers["Vary"].split(",")]


def test_plain_json_is_taken_and_given(api: Api) -> None:
    answer = api.ask("POST", "/api/tags", _tag(), media="application/json", Accept="application/json", status=201)
    assert answer.headers["Content-Type"] == "application/json"
    made = answer.json()["data"]["id"]
    assert api.ask("GET", f"/api/tags/{made}", Accept="application/json").json()["data"]["id"] == made
    api.ask("PATCH", f"/api/tags/{made}", {"data": resource("tags", made, {"name": "y"})},
            media="application/json; charset=utf-8", status=200)  # fmt: skip


def test_anything_will_do_gives_jsonapi(api: Api) -> None:
    for accept in (None, "*/*", "application/*", f"text/html, {MEDIA}, */*"):
        assert api.ask("GET", "/api/tags", status=200, Accept=accept).headers["Content-Type"] == MEDIA


def test_what_nobody_can_answer_is_406_and_changes_nothing(api: Api) -> None:
    made = api.make("tags", name="before")
    api.ask("PATCH", f"/api/tags/{made}", {"data": resource("tags", made, {"name": "after"})},
            Accept="image/png", status=406)  # fmt: skip
    api.ask("DELETE", f"/api/tags/{made}", Accept="image/png", status=406)
    api.ask("GET", f"/api/tags/{made}", Accept=f"image/png, {MEDIA};q=0", status=406)
    assert api.get(f"/api/tags/{made}")["data"]["attributes"]["name"] == "before"


def test_other_media_types_are_415(api: Api) -> None:
    for media in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "\xff",
    ):
        api.ask("POST", "/api/tags", raw=b'{"data":{"type":"tags"}}', media=media, status=415)
