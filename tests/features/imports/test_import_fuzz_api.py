"""A sample of the fuzz by API and pages: whatever is sent, no answer is a 500, and a refusal has a code and a sentence."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from import_office import Office
from test_import_fuzz import SEEDS, mutated, xml_mutated

from appliance.records.declaration import read_entity

TRIED = 6


@pytest.mark.parametrize("kind", [*SEEDS, "parts of xlsx"])
def test_no_file_that_is_sent_ends_in_a_fault_of_ours(office_at_the_door: Office, kind: str, tmp_path: Path) -> None:
    office = office_at_the_door
    with office.records.change_schema(office.actors["root"]) as schema:
        schema.create_entities(
            [read_entity({"name": "person", "plural": "people", "fields": [{"name": "name"}, {"name": "n"}]})]
        )
    chance = random.Random(f"api {kind}")
    for _ in range(TRIED):
        content = xml_mutated(chance) if kind == "parts of xlsx" else mutated(SEEDS[kind], chance)
        file = office.upload(content or b"x", "file")
        for attributes in ({"file": file}, {"file": file, "entity": "people"}):
            body = {"data": {"type": "import-analyses", "attributes": attributes}}
            answer = office.client.post("/api/imports/analysis", json=body)
            assert answer.status_code in (200, 413, 422), (content[:2_000], answer.text)
            for error in answer.get_json(force=True).get("errors", []):
                assert error["code"] and error["detail"] and "Traceback" not in error["detail"]
        for address in (f"/people/import?file={file}", f"/import?file={file}"):
            page = office.client.get(address, headers={"Accept": "text/html"})
            assert page.status_code in (200, 422), (content[:2_000], page.text)
