"""Files come in by form and by body, and become records."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

from appliance.engines.queue.database import DatabaseQueue
from appliance.features.files.jobs import make_kinds
from appliance.features.files.storing import sweep
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind

if TYPE_CHECKING:
    from conftest import FileHouse

MAX = 200_000
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)


def test_a_form_and_a_body_make_the_same_file_and_both_are_in_the_log(house: FileHouse) -> None:
    form = {"file": (io.BytesIO(PNG), "photos/me.png", "text/html"), "public": "true"}
    by_form = house.client.post("/api/files", data=form)
    header = {"Content-Disposition": "attachment; filename*=UTF-8''me.png"}
    by_body = house.client.post("/api/files", data=PNG, content_type="text/html", headers=header)
    shown = [r.get_json(force=True)["data"] for r in (by_form, by_body)]
    assert [r.status_code for r in (by_form, by_body)] == [201, 201]
    assert by_form.headers["Location"] == f"/api/files/{shown[0]['id']}"
    assert by_form.headers["ETag"] == '"1"'
    for resource in shown:
        told = {k: resource["attributes"][k] for k in ("name", "mime", "size", "sha")}
        assert told == {"name": "me.png", "mime": "image/png", "size": len(PNG), "sha": hashlib.sha256(PNG).hexdigest()}
        assert resource["type"] == "files"
        assert resource["links"]["content"] == f"/files/{resource['id']}/me.png"
        assert resource["relationships"]["owner"]["data"]["id"] == str(house.actors["alice"].user)
    assert [r["attributes"]["public"] for r in shown] == [True, False]
    entries = house.client.get(f"/api/files/{shown[0]['id']}/history").get_json(force=True)["data"]
    assert [e["attributes"]["action"] for e in entries] == ["created"]
    assert entries[0]["attributes"]["change"]["mime"] == [None, "image/png"]


def test_a_file_at_the_limit_is_stored_and_one_byte_more_is_refused_and_leaves_nothing(house: FileHouse) -> None:
    data = os.urandom(MAX)
    assert house.upload(data)["size"] == MAX
    for sent in ({"data": data + b"x"}, {"data": {"file": (io.BytesIO(data + b"x"), "a")}}, {"data": bytes(MAX * 10)}):
        assert house.client.post("/api/files", **sent).status_code == 413
    assert house.store.size() == MAX
    assert house.client.post("/api/papers", data=b" " * 60_000, content_type="application/json").status_code == 413


def test_refused_types_are_recognized_by_their_bytes(house: FileHouse) -> None:
    house.refused = ("application/x-msdownload", "image/*")
    house.__post_init__()
    for data in (b"MZ\x90\x00\x03" + bytes(60), PNG):
        response = house.client.post("/api/files?name=a.txt", data=data, content_type="text/plain")
        assert response.status_code == 415
    assert house.store.size() == 0


def test_requests_that_are_no_upload_are_told_so(house: FileHouse) -> None:
    post = house.client.post
    assert post("/api/files").status_code == 400
    assert post("/api/files", data={"other": (io.BytesIO(b"x"), "a")}).status_code == 400
    assert post("/api/files", data={"file": [(io.BytesIO(b"x"), "a"), (io.BytesIO(b"y"), "b")]}).status_code == 400
    assert post("/api/files?nmae=x", data=b"x").status_code == 400
    assert post("/api/files?public=maybe", data=b"x").status_code == 400
    assert post("/api/files", data=b'{"data": {}}', content_type="application/vnd.api+json").status_code == 415
    assert post("/api/files", data=b"x", headers={"Accept": "image/png"}).status_code == 406
    assert house.upload(b"", "empty.txt")["size"] == 0
    assert house.client.post("/api/files", data=PNG).get_json(force=True)["data"]["attributes"]["name"] == "file.png"


def test_readers_upload_nothing_and_strangers_must_sign_in(house: FileHouse) -> None:
    house.who = "rita"
    assert house.client.post("/api/files", data=b"x").status_code == 403
    house.who = None
    assert house.client.post("/api/files", data=b"x").status_code == 401
    assert house.store.size() == 0


def test_an_upload_sent_twice_with_one_key_is_one_file_and_another_file_with_that_key_is_a_conflict(
    house: FileHouse,
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (house.client.post("/api/files?name=a", data=b"one", headers=key) for _ in range(2))
    assert first.data == again.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert house.client.post("/api/files?name=a", data=b"two", headers=key).status_code == 409
    assert len(house.client.get("/api/files").get_json(force=True)["data"]) == 1


def test_name_and_publicity_can_be_changed_but_not_what_the_bytes_are(house: FileHouse) -> None:
    file = house.upload(b"text")

    def patch(attributes: dict[str, object], **headers: str) -> int:
        body = {"data": {"type": "files", "id": file["id"], "attributes": attributes}}
        return house.client.patch(f"/api/files/{file['id']}", json=body, headers=headers).status_code

    assert patch({"name": "../b\n.txt", "public": True}) == 200
    shown = house.client.get(f"/api/files/{file['id']}").get_json(force=True)["data"]["attributes"]
    assert (shown["name"], shown["public"]) == ("b.txt", True)
    assert patch({"name": "c"}, **{"If-Match": '"1"'}) == 412
    assert [patch({n: v}) for n, v in (("mime", "text/html"), ("sha", "0"), ("size", 1), ("nothing", 1))] == [422] * 4
    house.who = "bob"
    assert patch({"name": "mine"}) == 403
    house.who = "root"
    assert patch({"name": "taken"}) == 200


def test_deleting_a_file_clears_the_links_to_it(house: FileHouse) -> None:
    file = house.upload(b"text")
    first, second = house.link(file["id"]), house.link(file["id"], "pages")
    assert house.client.delete(f"/api/files/{file['id']}").status_code == 204
    assert house.client.get(f"/api/papers/{first}/relationships/scan").get_json(force=True)["data"] is None
    assert house.client.get(f"/api/papers/{second}/relationships/pages").get_json(force=True)["data"] == []
    assert house.client.get(file["content"]).status_code == 404


def test_the_sweep_takes_bytes_only_when_the_last_record_of_them_is_gone(house: FileHouse) -> None:
    database = house.records.database
    first, second = house.upload(b"same"), house.upload(b"same", "b.txt")
    house.client.delete(f"/api/files/{first['id']}")
    assert sweep(database, house.store, 0, 0) == 0
    assert house.client.get(second["content"]).data == b"same"
    house.client.delete(f"/api/files/{second['id']}")
    assert sweep(database, house.store, 0) == 0  # too young: an upload in flight has no record either
    assert sweep(database, house.store, 30, -1) == 0  # in the trash: whoever brings the file back finds its bytes
    assert sweep(database, house.store, 0, -1) == 1
    assert house.store.size() == 0
    (kind,) = make_kinds(database, house.store, 30)
    assert kind.body(None) == {"deleted": 0}


def test_the_sweep_spares_what_a_job_names(house: FileHouse) -> None:
    database = house.records.database
    jobs = Jobs(database, DatabaseQueue(database), [JobKind("import", lambda run, blob: None)])
    sha = house.store.put(io.BytesIO(b"a,b\n1,2\n")).sha256
    jobs.enqueue("import", {"blob": sha})
    house.store.put(io.BytesIO(b"nobody's"))
    assert sweep(database, house.store, 0, -1) == 1
    assert house.store.exists(sha)
