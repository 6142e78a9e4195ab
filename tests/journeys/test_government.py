"""The main job on real data: the US government directory, 34,839 rows, from a shell, as README's reader would do it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from box import Box, eventually
from websockets.sync.client import connect

pytestmark = pytest.mark.slow

DATA = Path(os.environ.get("INGOT_DATASETS", Path(__file__).parents[3] / "shared" / "datasets")) / "us-gov-directory"

OFFICE = """
name = "office"
plural = "offices"
label = "Office"
title = "{city}, {state}"
indexes = [["state", "city"]]

[[field]]
name = "office_id"
unique = true

[[field]]
name = "city"
kind = "text"
searchable = 2
required = true

[[field]]
name = "state"

[[field]]
name = "phone"
kind = "phone"
searchable = 1

[[field]]
name = "latitude"
kind = "decimal"

[[field]]
name = "legislator"
kind = "relation"
target = "legislator"
inverse = "offices"
"""
LEGISLATOR = {
    "name": "legislator",
    "plural": "legislators",
    "label": "Legislator",
    "title": "full_name",
    "fields": [
        {"name": "bioguide_id", "unique": True, "required": True, "searchable": 1},
        {"name": "full_name", "searchable": 3},
        {"name": "last_name"},
        {"name": "birthday", "kind": "date"},
        {"name": "state"},
        {"name": "party", "kind": "text", "indexed": True},
        {"name": "thomas_id"},
        {"name": "url", "kind": "url"},
    ],
}
ORGANIZATION = {
    "name": "organization",
    "plural": "organizations",
    "title": "organization_name",
    "fields": [
        {"name": "domain_name", "unique": True, "searchable": 2},
        {"name": "domain_type"},
        {"name": "organization_name", "searchable": 3},
        {"name": "city"},
        {"name": "state"},
        {"name": "security_contact_email", "kind": "email"},
    ],
}
MEMBERSHIP = {
    "name": "membership",
    "plural": "memberships",
    "title": "committee_name",
    "fields": [
        {"name": "committee_id"},
        {"name": "committee_name", "searchable": 2},
        {"name": "title"},
        {"name": "rank", "kind": "integer"},
    ],
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    if not DATA.is_dir():
        pytest.skip("the public data sets are not beside this checkout")
    folder = tmp_path_factory.mktemp("government")
    box = Box(folder / "home")
    box.start()
    box.sign_in()
    declare(box, folder)
    fill(box)
    yield box
    if box.process and box.process.poll() is None:
        box.kill()


def declare(box: Box, folder: Path) -> None:
    """Some by POST on the running server, one by a pack file, the last field by /api/fields."""
    for entity in (LEGISLATOR, ORGANIZATION, MEMBERSHIP):
        box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": entity}}, 201)
    pack = folder / "offices"
    pack.mkdir()
    (pack / "office.toml").write_text(OFFICE, "utf-8")
    box.ingot("pack", "install", str(pack))
    field = {
        "entity": "membership",
        "name": "legislator",
        "kind": "relation",
        "target": "legislator",
        "inverse": "memberships",
    }
    box.send("POST", "/api/fields", {"data": {"type": "fields", "attributes": field}}, 201)


def imported(box: Box, entity: str, file: str, *options: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(box.ingot("import", entity, str(DATA / file), *options, "--json"))
    return report


def fill(box: Box) -> None:
    joined = ("--map", "legislator.bioguide_id=bioguide")
    reports = [
        imported(box, "organizations", "organizations-dotgov.csv", "--key", "domain_name"),
        imported(box, "legislators", "legislators-current.csv", "--key", "bioguide_id"),
        imported(box, "legislators", "legislators-historical.csv", "--key", "bioguide_id"),
        imported(
            box, "offices", "legislators-district-offices.csv", *joined, "--map", "office_id=id", "--round-digits"
        ),
        imported(box, "memberships", "committee-membership-current.csv", *joined),
    ]
    assert [r["created"] for r in reports] == [16_539, 537, 12_230, 1_312, 3_879]
    assert sum(r["rejected"] for r in reports) == 0


def test_every_row_of_every_file_is_a_record(box: Box) -> None:
    totals = {
        type_: box.get(f"/api/{type_}?page[totals]=true&page[size]=1")["meta"]["page"]["total"]
        for type_ in ("organizations", "legislators", "offices", "memberships")
    }
    assert totals == {"organizations": 16_539, "legislators": 12_767, "offices": 1_312, "memberships": 3_879}


def test_the_same_file_again_changes_nothing(box: Box) -> None:
    before = box.get("/api/log?sort=-position&page[size]=1")["meta"]["position"]
    report = imported(box, "legislators", "legislators-current.csv", "--key", "bioguide_id")
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 537)
    assert box.get("/api/log?sort=-position&page[size]=1")["meta"]["position"] == before


def test_leading_zeros_and_the_word_for_nothing_are_understood(box: Box) -> None:
    found = box.get("/api/legislators?filter[bioguide_id]=C000127")["data"][0]["attributes"]
    assert found["thomas_id"] == "00172"
    nobody = box.get("/api/organizations?filter[domain_name]=29palms.gov")["data"][0]["attributes"]
    assert nobody["security_contact_email"] is None


def test_lists_filter_through_the_join_sort_and_include(box: Box) -> None:
    path = "/api/offices?filter[legislator.last_name]=Aderholt&sort=-city&include=legislator&fields[offices]=city,legislator"
    document = box.get(path)
    cities = [r["attributes"]["city"] for r in document["data"]]
    assert len(cities) > 2
    assert cities == sorted(cities, reverse=True)
    assert [r["attributes"]["bioguide_id"] for r in document["included"]] == ["A000055"]
    members = box.get(
        "/api/legislators?filter[memberships.committee_id]=SSAF&filter[party]=Republican&page[totals]=true"
    )
    assert members["meta"]["page"]["total"] > 5


def test_a_person_is_found_by_a_part_of_the_name_an_accent_away(box: Box) -> None:
    def search(text: str) -> list[str]:
        return [
            r["attributes"]["title"] for r in box.get(f"/api/search?filter[q]={text}&filter[type]=legislators")["data"]
        ]

    assert eventually(lambda: "Amy Klobuchar" in search("klobuc"))
    assert "Amy Klobuchar" in search("klobuchra")
    assert any("Velázquez" in title for title in search("velazquez"))


def test_a_change_is_heard_on_live_and_stands_in_the_history(box: Box) -> None:
    record = box.get("/api/legislators?filter[bioguide_id]=K000367")["data"][0]
    head = {"Authorization": box.session.headers["Authorization"]}
    with connect(f"ws://127.0.0.1:{box.port}/live", additional_headers=head) as socket:
        socket.send(json.dumps({"subscribe": [f"legislators/{record['id']}"]}))
        assert "subscribed" in json.loads(socket.recv(10))
        change = {"type": "legislators", "id": record["id"], "attributes": {"state": "Minnesota"}}
        box.send("PATCH", f"/api/legislators/{record['id']}", {"data": change}, 200)
        notice = json.loads(socket.recv(10))
    assert (notice["entity"], notice["id"], notice["action"]) == ("legislators", record["id"], "updated")
    newest = box.get(f"/api/legislators/{record['id']}/history")["data"][0]
    assert newest["id"] == str(notice["position"])
    assert newest["attributes"]["change"] == {"state": ["MN", "Minnesota"]}


def test_after_a_stop_and_a_start_everything_is_there(box: Box) -> None:
    box.stop()
    box.start()
    assert box.get("/readyz")["status"] in ("ok", "degraded")
    assert box.get("/api/legislators?filter[state]=Minnesota&page[totals]=true")["meta"]["page"]["total"] == 1
    first = box.get("/api/search?filter[q]=29palms.gov")["data"][0]
    assert first["attributes"]["title"] == "City of Twentynine Palms"
    exported = box.ingot("entity", "export", "office")
    assert 'inverse = "offices"' in exported


def test_a_demo_prints_the_link_that_signs_the_first_administrator_in(tmp_path: Path) -> None:
    box = Box(tmp_path / "home")
    box.start("--demo")
    assert box.process
    assert box.process.stdout
    box.process.stdout.readline()
    link = box.process.stdout.readline().strip()
    box.session.post(link, headers={"Content-Type": None}, timeout=10)
    assert box.get("/api/opportunities?page[totals]=true&page[size]=1")["meta"]["page"]["total"] > 20
    box.stop()
