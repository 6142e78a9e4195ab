"""The search inside a list: the actor's own part of the index, whatever state it is in."""

from __future__ import annotations

from search_office import ALICE, CHARLIE, Office, until

from appliance.base.errors import Unavailable
from appliance.features.search.inside import make_find
from appliance.http.jsonapi.parameters import read
from appliance.records.permissions import Actor
from appliance.records.reading import Reading


def listed(office: Office, query: str, actor: Actor = ALICE) -> list[int]:
    until(lambda: office.follower.lag() == 0)
    registry = office.records.registry
    wanted = read(registry, registry.entity("contact"), query).query
    reading = Reading(office.records.database, registry, actor, make_find(office.records, office.engine))
    return [row[0] for row in reading.page(wanted).rows]


def test_a_list_is_searched_beside_its_filters_and_within_rights(office: Office) -> None:
    mine = office.create("contact", CHARLIE, first="Jürgen", last="Müller", email="jm@acme.example")
    hers = office.create("contact", ALICE, first="Ada", last="Muller", stage="w")
    office.create("offer", ALICE, subject="Müller")
    assert listed(office, "filter[q]=mull") == [mine, hers]
    assert listed(office, "filter[q]=mull&sort=-id") == [hers, mine]
    assert listed(office, "filter[q]=muller&filter[stage]=w") == [hers]
    assert listed(office, "filter[q]=mull", CHARLIE) == [mine]
    assert listed(office, "filter[q]=jm@acme.ex") == [mine]
    assert listed(office, "filter[q]=nobody") == []


def test_while_the_index_is_out_of_order_titles_are_searched_within_rights(office: Office, monkeypatch) -> None:
    mine = office.create("contact", CHARLIE, first="Carl", last="Holm")
    hers = office.create("contact", ALICE, first="Holma", last="50%")
    until(lambda: office.follower.lag() == 0)

    def fails(*_, **__):
        raise Unavailable("the disk is gone")

    monkeypatch.setattr(office.engine, "ids", fails)
    assert listed(office, "filter[q]=holm") == [mine, hers]
    assert listed(office, "filter[q]=holm", CHARLIE) == [mine]
    assert listed(office, "filter[q]=50%25 holma") == [hers]
