"""An entity that a file would make is tried before it is made, on the page as by the API; and nothing stays of the trial."""

from __future__ import annotations

import re

from import_office import Office


def test_the_page_tries_a_new_entity_and_then_makes_it(office_at_the_door: Office) -> None:
    office = office_at_the_door
    file = office.upload("name;amount;born\nAda;1.613;31.12.1990\nBob;2.003;soon\n", "guests.csv")
    _, shown = office.page(f"/import?file={file}")
    assert 'name="decimal"' in shown and 'value="try"' in shown
    names = re.findall(r'name="label\.(\d)" value="([^"]*)"', shown)
    form = {f"label.{n}": text for n, text in names} | {"kind.0": "text", "kind.1": "decimal", "kind.2": "date"}
    form |= {
        "file": file,
        "label": "Guest",
        "plural_label": "Guests",
        "title": "name",
        "do": "try",
        "csrf": csrf(shown),
    }
    path, _ = office.page("/import/new", form | {"decimal": ","})
    report = office.report(path)
    assert "born: must be a date" in report and "guest" not in office.records.refresh().entities
    job = path.rsplit("/", 1)[1]
    told = office.ask("GET", f"/api/imports/{job}")["attributes"]["report"]
    assert (told["rows"], told["created"], told["rejected"]) == (2, 1, 1)
    path, _ = office.page(f"/import/{job}/run", {"csrf": csrf(office.page(path)[1])})
    office.report(path)
    assert [r["attributes"]["amount"] for r in office.ask("GET", "/api/guests")] == ["1613.000"]


def csrf(shown: str) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', shown)
    return found[1] if found else ""


def test_imports_are_listed_in_pages(office_at_the_door: Office) -> None:
    office = office_at_the_door
    file = office.upload("name\nAda\n", "names.csv")
    declared = {"name": "guest", "fields": [{"name": "name"}]}
    for _ in range(3):
        office.bring(file=file, create_entity=declared, dry_run=True)
    seen, address = [], "/api/imports?page[size]=2"
    while address:
        answer = office.client.get(address).get_json(force=True)
        seen += [i["id"] for i in answer["data"]]
        address = answer["links"]["next"]
    assert len(seen) == len(set(seen)) == 3
    office.ask("GET", "/api/imports?page[size]=0", status=400)


def test_what_does_not_fit_is_told_before_the_import_with_its_rows(office_at_the_door: Office) -> None:
    office = office_at_the_door
    fields = [
        {"name": "name"},
        {"name": "lat", "kind": "decimal"},
        {"name": "state", "kind": "choice", "choices": ["new"]},
    ]
    lines = [f"P{n},40.{n:04d},new" for n in range(1_500)] + ["Last,40.1028754,old", "Least,1.12345678,new"]
    file = office.upload("name,lat,state\n" + "\n".join(lines), "places.csv")
    office.bring(file=office.upload("name\nAda\n"), create_entity={"name": "place", "fields": fields})
    found = office.ask("POST", "/api/imports/analysis", {"file": file, "entity": "place"})["attributes"]["misfits"]
    assert [(m["column"], m["code"], m["rows"]) for m in found] == [("lat", "places", 2), ("state", "choice", 1)]
    _, shown = office.page(f"/places/import?file={file}")
    assert "2 rows, for example 40.1028754, 1.12345678" in shown
    _, report = office.bring(file=file, entity="place", options={"round_digits": True, "add_choices": True})
    assert (report["created"], report["rejected"]) == (1_502, 0)
