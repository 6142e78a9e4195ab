"""The examples go in one step; what somebody made or changed stays."""

from __future__ import annotations

from appliance.features.packs.installing import install_pack, installed, remove_seeds
from appliance.features.packs.reading import read_pack
from appliance.http.assets import Assets
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading
from appliance.records.records import Records


def test_the_examples_go_and_what_people_changed_or_added_stays(records: Records) -> None:
    pack = read_pack("demo")
    install_pack(records, SYSTEM, pack)
    with records.work(SYSTEM) as work:
        (changed,) = work.find(work.table("account"), {"name": "Hotel Seeblick am Ammersee"})
        work.update("account", changed, {"city": "Starnberg"})
        own = work.create("account", {"name": "Our own customer"})[0]
    removed, left = remove_seeds(records, SYSTEM, "demo")
    assert (removed, left) == (len(pack.records) - 1, 1)
    reading = Reading(records.database, records.registry, SYSTEM)
    assert set(reading.by_ids("account", range(1, 1_000))) == {changed, own}
    assert not installed(records, "demo")
    assert remove_seeds(records, SYSTEM, "demo") == (0, 0)


def test_every_icon_that_a_pack_names_is_in_the_sprite() -> None:
    known = Assets().icons()
    assert not [e.icon for e in read_pack("crm").entities if e.icon not in known]
