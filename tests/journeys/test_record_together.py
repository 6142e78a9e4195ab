"""Several people on one record: each sees who else is there and what the others change; and files that are dropped on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from box import Box, eventually
from browsing import Site
from playwright.sync_api import expect
from test_record_page import changed, made

pytestmark = pytest.mark.slow

Visit = Callable[..., Site]


def test_the_page_says_what_another_person_changed_and_shows_it(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Watched", amount="10.00")
    page = visit("erik").page
    page.goto(f"/opportunities/{deal}")
    page.get_by_text("Connected").wait_for()
    changed(box, "opportunities", deal, amount="20.00")
    expect(page.locator("#toasts")).to_contain_text("changed Amount")
    expect(page.locator(".record-details")).to_contain_text("€20.00")


def test_what_one_is_writing_stays_and_a_bar_tells_of_the_change(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Written on", amount="10.00")
    page = visit("erik").page
    page.goto(f"/opportunities/{deal}")
    page.get_by_label("Comment", exact=True).fill("Half a sent")
    changed(box, "opportunities", deal, amount="20.00")
    page.locator("[data-news]").get_by_text("changed Amount").wait_for()
    expect(page.locator(".record-details")).to_contain_text("€10.00")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".record-details")).to_contain_text("€20.00")
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Half a sent")


def test_a_note_that_somebody_adds_elsewhere_appears(visit: Visit, box: Box) -> None:
    contact = made(box, "contacts", last_name="Noted")
    page = visit("erik").page
    page.goto(f"/contacts/{contact}")
    page.get_by_text("Connected").wait_for()
    made(box, "notes", subject="Nothing to do with it", body="Elsewhere")
    made(box, "notes", subject="Heard at the fair", body="She likes it", contact=contact)
    expect(page.locator("#toasts")).to_contain_text("added Note “Heard at the fair”")
    expect(page.locator(".timeline")).to_contain_text("She likes it")


def test_each_sees_who_else_is_here(visit: Visit, box: Box) -> None:
    contact = made(box, "contacts", last_name="Crowded")
    page = visit("erik").page
    page.goto(f"/contacts/{contact}")
    other = visit("rita").page
    other.goto(f"/contacts/{contact}")
    page.get_by_role("img", name="rita is here too").wait_for()
    other.get_by_role("img", name="erik is here too").wait_for()
    other.goto("/")
    expect(page.get_by_role("img", name="rita is here too")).to_have_count(0)


def test_a_lost_connection_shows_and_the_page_catches_up(visit: Visit, box: Box) -> None:
    deal = made(box, "opportunities", name="Cut off", amount="10.00")
    site = visit("erik")
    site.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket"]
    page = site.page
    sockets: list[Any] = []
    page.route_web_socket(re.compile("/live$"), lambda ws: sockets.append((ws, ws.connect_to_server())))
    page.goto(f"/opportunities/{deal}")
    page.get_by_text("Connected").wait_for()
    eventually(lambda: (page.wait_for_timeout(20), sockets)[1])
    site.context.set_offline(True)
    page.route_web_socket(re.compile("/live$"), lambda ws: ws.close())
    sockets[0][0].close()
    page.get_by_text("The connection is lost.").wait_for()
    changed(box, "opportunities", deal, amount="99.00")
    site.context.set_offline(False)
    page.route_web_socket(re.compile("/live$"), lambda ws: ws.connect_to_server() and None)
    expect(page.locator(".record-details")).to_contain_text("€99.00", timeout=20_000)
    expect(page.get_by_text("The connection is lost.")).to_be_hidden()


DROP = """([selector, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: "text/plain"}));
  const at = document.querySelector(selector);
  const how = {bubbles: true, cancelable: true, dataTransfer: data};
  for (const kind of ["dragover", "drop"]) at.dispatchEvent(new DragEvent(kind, how));
}"""


def test_a_file_is_dropped_on_the_page_and_removed_again(visit: Visit, box: Box) -> None:
    declared = {
        "name": "delivery",
        "plural": "deliveries",
        "fields": [{"name": "name"}, {"name": "papers", "kind": "files"}],
    }
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": declared}}, 201)
    delivery = made(box, "deliveries", name="With papers")
    page = visit("erik").page
    page.goto(f"/deliveries/{delivery}")
    papers = page.get_by_role("region", name="Papers")
    expect(papers).to_contain_text("Drop files here")
    page.evaluate(DROP, ["h1", "Offer 118.txt", "Two berths"])
    expect(papers.get_by_role("link", name="Offer 118.txt", exact=True)).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("erik added Offer 118.txt")
    papers.locator("input[type=file]").set_input_files([{"name": "b.txt", "mimeType": "text/plain", "buffer": b"b"}])
    expect(papers.get_by_role("link", name="b.txt", exact=True)).to_be_visible()
    with page.expect_download() as download:
        papers.get_by_role("link", name="Download b.txt").click()
    assert download.value.suggested_filename == "b.txt"
    papers.get_by_role("button", name="Remove Offer 118.txt").click()
    expect(papers.get_by_role("link", name="Offer 118.txt", exact=True)).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="Undo").last.click()
    expect(papers.get_by_role("link", name="Offer 118.txt", exact=True)).to_be_visible()


def test_who_looks_at_a_record_that_somebody_deletes_is_told(visit: Callable[..., Site], box: Box) -> None:
    document = {"data": {"type": "contacts", "attributes": {"last_name": "Vanishing"}}}
    id_ = box.send("POST", "/api/contacts", document, 201)["data"]["id"]
    site = visit("erik")
    site.expected += ["404", "410"]
    site.page.goto(f"/contacts/{id_}")
    site.page.locator("[data-line].tint-green").wait_for()
    assert box.session.delete(box.url(f"/api/contacts/{id_}")).status_code == 204
    site.page.get_by_role("heading", name="“Vanishing” is in the trash").wait_for()
