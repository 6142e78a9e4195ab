"""Files go out: to whom, and how."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from wsgiref.util import FileWrapper

import pytest

if TYPE_CHECKING:
    from conftest import FileHouse


def seen_by(house: FileHouse, file: dict[str, str]) -> dict[str, int]:
    """Who gets which status, for the content; the record's own address must agree, but for strangers."""
    found = {}
    for name in ("alice", "bob", "rita", "olaf", "root", ""):
        house.who = name or None
        found[name] = house.client.get(file["content"]).status_code
        if name:
            assert house.client.get(f"/api/files/{file['id']}").status_code == found[name]
    house.who = "alice"
    return found


def test_a_private_file_is_for_its_owner_and_administrators(house: FileHouse) -> None:
    file = house.upload(b"secret")
    assert seen_by(house, file) == {"alice": 200, "bob": 404, "rita": 404, "olaf": 404, "root": 200, "": 401}


@pytest.mark.parametrize("name", ["scan", "pages"])
def test_a_file_is_for_whoever_may_read_a_record_that_links_to_it(house: FileHouse, name: str) -> None:
    file = house.upload(b"attached")
    paper = house.link(file["id"], name)
    assert seen_by(house, file) == {"alice": 200, "bob": 200, "rita": 200, "olaf": 404, "root": 200, "": 401}
    to_olaf = {"data": {"type": "users", "id": str(house.actors["olaf"].user)}}
    body = {"data": {"type": "papers", "id": paper, "relationships": {"owner": to_olaf}}}
    assert house.client.patch(f"/api/papers/{paper}", json=body).status_code == 200
    assert seen_by(house, file)["olaf"] == 200
    assert house.client.delete(f"/api/papers/{paper}").status_code == 204
    assert seen_by(house, file) == {"alice": 200, "bob": 404, "rita": 404, "olaf": 404, "root": 200, "": 401}


def test_linking_somebody_elses_file_does_not_open_it(house: FileHouse) -> None:
    file = house.upload(b"secret")
    house.who = "bob"
    body = {"data": {"type": "papers", "relationships": {"scan": {"data": {"type": "files", "id": file["id"]}}}}}
    assert house.client.post("/api/papers", json=body).status_code == 404
    assert house.client.get(file["content"]).status_code == 404


def test_a_public_file_is_for_everybody_until_it_is_made_private_again(house: FileHouse) -> None:
    file = house.upload(b"poster", public="true")
    house.who = None
    response = house.client.get(file["content"])
    assert response.status_code == 200
    assert "public" in response.headers["Cache-Control"] and "immutable" in response.headers["Cache-Control"]
    assert house.client.get(f"/api/files/{file['id']}").status_code == 401
    house.who = "alice"
    body = {"data": {"type": "files", "id": file["id"], "attributes": {"public": False}}}
    assert house.client.patch(f"/api/files/{file['id']}", json=body).status_code == 200
    house.who = None
    assert house.client.get(file["content"]).status_code == 401
    page = house.client.get(file["content"], headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (303, "/sign-in?next=%2Ffiles%2F1%2Fa.txt")


def test_what_could_run_is_saved_and_never_shown_whatever_it_was_called(house: FileHouse) -> None:
    for data in (b"<html><script>alert(1)</script>", b"<svg onload='alert(1)'/>", b"MZ\x90\x00\x03" + bytes(60)):
        file = house.upload(data, "a.txt")
        response = house.client.get(file["content"] + "?inline")
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    text = house.client.get(house.upload(b"plain")["content"])
    assert text.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in text.headers["Content-Security-Policy"]
    pdf = house.upload(b"%PDF-1.7\n", "a.pdf")["content"]
    ways = [house.client.get(pdf + way).headers["Content-Disposition"].split(";")[0] for way in ("", "?inline")]
    assert ways == ["attachment", "inline"]


def test_names_reach_the_client_whole_and_cannot_break_a_header(house: FileHouse) -> None:
    file = house.upload(b"x", 'Übung "1"; x=\r\n.txt')
    header = house.client.get(file["content"]).headers["Content-Disposition"]
    assert header == "inline; filename=\"_bung _1_; x=.txt\"; filename*=UTF-8''%C3%9Cbung%20%221%22%3B%20x%3D.txt"


@pytest.mark.parametrize("wrapper", [None, FileWrapper])
@pytest.mark.parametrize("local", [True, False])
def test_parts_of_a_file_can_be_asked_for(house: FileHouse, wrapper: object, local: bool) -> None:
    data = os.urandom(100_000)
    file = house.upload(data, "a.bin")
    if not local:
        house.store.path = lambda sha: None  # type: ignore[method-assign]  # as a store without files of its own answers

    def get(method: str = "GET", **headers: str):  # type: ignore[no-untyped-def]
        environ = {"wsgi.file_wrapper": wrapper} if wrapper else {}
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        return house.client.open(file["content"], method=method, headers=named, environ_overrides=environ)

    whole = get()
    etag = whole.headers["ETag"]
    assert (whole.status_code, whole.data, whole.headers["Accept-Ranges"]) == (200, data, "bytes")
    assert etag == f'"{file["sha"]}"'
    head = get("HEAD")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "100000")
    for asked, start, stop in (("bytes=0-0", 0, 1), ("bytes=70000-", 70_000, 100_000), ("bytes=-5", 99_995, 100_000)):
        part = get(Range=asked)
        assert (part.status_code, part.data) == (206, data[start:stop])
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/100000"
        assert part.headers["Content-Length"] == str(stop - start)
    beyond = get(Range="bytes=100000-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */100000")
    assert get(Range="bytes=0-1,5-6").data == data
    assert get(Range="bytes=0-1", If_Range=etag).status_code == 206
    assert get(Range="bytes=0-1", If_Range='"other"').data == data
    for known in (etag, f'"x", {etag}', "*", f"W/{etag}"):
        unchanged = get(If_None_Match=known)
        assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert get(If_None_Match='"other"').status_code == 200


def test_a_file_whose_bytes_are_lost_is_not_found_rather_than_an_error(house: FileHouse) -> None:
    file = house.upload(b"gone")
    house.store.delete(file["sha"])
    assert house.client.get(file["content"]).status_code == 404


@pytest.mark.parametrize(
    "address", ["/files/0", "/files/x", "/files/999999999999999999999", "/files/7/../../x", "/files/1%00"]
)
def test_addresses_that_name_no_file_are_not_found(house: FileHouse, address: str) -> None:
    assert house.client.get(address).status_code == 404


def test_include_and_sparse_fields_work_on_a_file_seen_through_a_record(house: FileHouse) -> None:
    file = house.upload(b"attached")
    house.link(file["id"])
    house.who = "rita"
    answer = house.client.get(f"/api/files/{file['id']}?fields[files]=name&include=owner")
    assert answer.get_json(force=True)["data"]["attributes"] == {"name": "a.txt"}
    again = house.client.get(answer.request.full_path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
