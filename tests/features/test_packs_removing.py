"""The examples go in one step and come back in one; what somebody made or changed stays, with all it leads to."""

from __future__ import annotations

import pytest

from appliance.features.packs.installing import install_pack, installed
from appliance.features.packs.reading import Pack, read_pack
from appliance.features.packs.removing import bring_back_seeds, preview_removal, remove_seeds
from appliance.http.assets import Assets
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading
from appliance.records.records import Records


@pytest.fixture
def demo(records: Records) -> Pack:
    pack = read_pack("demo")
    install_pack(records, SYSTEM, pack)
    return pack


def every(records: Records) -> dict[str, dict[int, object]]:
    reading = Reading(records.database, records.registry, SYSTEM)
    names = [e.name for e in records.registry.entities.values() if not e.builtin]
    tables = records.registry.tables
    found = {}
    for name in names:
        rows = reading.by_ids(name, range(1, 1_000))
        shown = {i: tables[name].show(row) for i, row in rows.items()}
        found[name] = {i: {k: v for k, v in one.items() if not k.startswith("updated_")} for i, one in shown.items()}
    return found


def test_the_examples_go_and_what_people_changed_or_added_stays(records: Records, demo: Pack) -> None:
    with records.work(SYSTEM) as work:
        (changed,) = work.find(work.table("account"), {"name": "Hotel Seeblick am Ammersee"})
        work.update("account", changed, {"city": "Starnberg"})
        own = work.create("account", {"name": "Our own customer"})[0]
    before = every(records)
    asked = preview_removal(records, SYSTEM, "demo")
    assert every(records) == before and installed(records, "demo"), "asking changes nothing"
    done = remove_seeds(records, SYSTEM, "demo")
    assert done == asked
    assert (done.removed + done.left, done.own) == (len(demo.records), 0)
    assert [(s.entity, s.record) for s in done.stays if s.reason == "changed"] == [("account", changed)]
    assert {s.reason for s in done.stays} <= {"changed", "needed"}, "what it leads to"
    left = every(records)
    assert set(left["account"]) == {changed, own}
    assert left["account"][changed] == before["account"][changed], "whole, with its links"
    assert not installed(records, "demo")
    assert remove_seeds(records, SYSTEM, "demo").removed == 0


def test_what_ones_own_records_point_at_stays_and_so_does_what_that_needs(records: Records, demo: Pack) -> None:
    with records.work(SYSTEM) as work:
        contacts = work.table("contact")
        place = contacts.place["account"]
        contact = next(i for i in range(1, 50) if (row := work.row(contacts, i)) and row[place])
        account = work.row(contacts, contact)[place]  # type: ignore[index]
        task = work.create("task", {"subject": "Call them", "contact": str(contact)})[0]
    done = remove_seeds(records, SYSTEM, "demo")
    left = every(records)
    assert set(left["contact"]) == {contact} and account in left["account"]
    assert left["task"][task]["contact"] == str(contact)  # type: ignore[index]
    assert done.own == 1 and {s.reason for s in done.stays} == {"linked", "needed"}


def test_the_removal_is_undone_as_a_whole(records: Records, demo: Pack) -> None:
    before = every(records)
    removed = remove_seeds(records, SYSTEM, "demo").removed
    assert bring_back_seeds(records, SYSTEM, "demo") == removed == len(demo.records)
    assert installed(records, "demo") and bring_back_seeds(records, SYSTEM, "demo") == 0
    assert every(records) == before
    assert remove_seeds(records, SYSTEM, "demo").removed == len(demo.records), "and it can be done again"


def test_every_icon_that_a_pack_names_is_in_the_sprite() -> None:
    known = Assets().icons()
    assert not [e.icon for e in read_pack("crm").entities if e.icon not in known]
