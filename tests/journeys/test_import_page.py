"""Somebody brings a file in: chooses or drops it, says what goes where, tries it, imports it while watching, corrects what was
refused, and takes it back. An administrator makes a new kind of records from a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
from box import Box
from browsing import PHONE, Site, violations
from playwright.sync_api import Page, expect

TEXT = "First name,Last name,E-mail,Colour\n" + "".join(
    f"Imke{n},Import,{'nothing' if n == 3 else f'imke{n}@import.example'},red\n" for n in range(6)
)


def choose(page: Page, path: str, name: str, content: bytes) -> None:
    page.goto(path)
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})


def number(page: Page, label: str) -> str:
    return page.locator(".import-counts li").filter(has_text=label).locator("b").inner_text()


def test_a_file_is_brought_in_watched_corrected_and_taken_back(visit: Callable[..., Site], box: Box, axe: str) -> None:
    page = visit("erik").page
    page.goto("/contacts")
    page.get_by_label("More", exact=True).click()
    page.get_by_role("link", name="Import").click()
    page.get_by_role("heading", name="Import Contacts").wait_for()
    choose(page, "/contacts/import", "imke.csv", TEXT.encode())
    becomes = page.get_by_label("E-mail becomes")
    expect(becomes).to_have_value("email")
    expect(page.get_by_label("Colour becomes")).to_have_value("")
    page.get_by_label("E-mail tells records apart").check()
    page.get_by_label("Change what is there, create the rest").check()
    assert not violations(page, axe)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("nothing was stored yet")).to_be_visible()
    assert (number(page, "Would be created"), number(page, "Would be rejected")) == ("5", "1")
    expect(page.get_by_text("E-mail: is not an e-mail address")).to_be_visible()
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_role("link", name="Created")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("link", name="As a file").click()
    refused = list(csv.reader(fetched.value.path().open(encoding="utf-8")))
    assert refused[1][2] == "nothing"
    refused[1][2] = "imke3@import.example"
    again = io.StringIO()
    csv.writer(again).writerows(refused)
    first = page.url
    page.get_by_role("link", name="Created").click()
    expect(page.get_by_role("row", name="Imke0")).to_be_visible()
    expect(page.locator("[data-total='5']")).to_be_visible()
    choose(page, "/contacts/import", "imke-corrected.csv", again.getvalue().encode())
    expect(page.get_by_text("The columns go where they went the last time.")).to_be_visible()
    page.get_by_role("button", name="Import without a trial").click()
    expect(page.get_by_role("link", name="Created")).to_be_visible()
    assert number(page, "Created") == "1"
    page.goto(first)
    page.get_by_text("Undo this import").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("This import was taken back")).to_be_visible()
    assert not violations(page, axe)
    found = box.get("/api/contacts?filter[last_name]=Import")["data"]
    assert [c["attributes"]["first_name"] for c in found] == ["Imke3"]


def test_a_file_is_dropped_anywhere_on_the_page(visit: Callable[..., Site]) -> None:
    site = visit("erik")
    site.expected.append("422")
    page = site.page
    page.goto("/leads/import")
    page.get_by_role("heading", name="Import Leads").wait_for()
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["Last name;Mystery\\nDropped;1\\n"], "dropped.csv"));
        const drop = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
        document.querySelector("h1").dispatchEvent(drop); }"""
    )
    page.get_by_role("heading", name="dropped.csv").wait_for()
    expect(page.get_by_label("Last name becomes")).to_have_value("last_name")
    page.get_by_label("Mystery becomes").select_option(label="Last name *")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("is filled by Last name already")).to_be_visible()
    expect(page.get_by_label("Mystery becomes")).to_have_value("last_name")


def test_a_file_that_is_none_is_told_in_place_and_the_next_one_works(
    visit: Callable[..., Site], tmp_path: Path, axe: str
) -> None:
    site = visit("erik")
    site.expected.append("422")
    page = site.page
    choose(page, "/contacts/import", "empty.csv", b"")
    expect(page.get_by_text("This file is empty. Choose another one.")).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "a.xlsx", "mimeType": "", "buffer": b"PK\x03\x04broken"})
    expect(page.get_by_role("alert")).to_contain_text("save it as CSV or XLSX, and choose it again")
    assert not violations(page, axe)
    book = openpyxl.Workbook()
    assert book.active
    book.active.append(["Last name", "E-mail"])
    book.active.append(["Sheet", "sheet@import.example"])
    book.create_sheet("Second").append(["Surname"])
    book.save(tmp_path / "people.xlsx")
    page.set_input_files("input[type=file]", tmp_path / "people.xlsx")
    expect(page.get_by_text("Excel (XLSX)")).to_be_visible()
    page.get_by_label("Sheet").select_option("Second")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_label("Surname becomes")).to_have_value("last_name")


def test_an_administrator_makes_a_kind_of_records_from_a_file(visit: Callable[..., Site], axe: str) -> None:
    page = visit("ada").page
    choose(page, "/import", "boats.csv", b'Boat,Length,Since\nAlba,"7,5",1.2.1990\nBora,"9,25",13.2.1991\n')
    page.get_by_role("button", name="Create it and go on").wait_for()
    assert not violations(page, axe)
    expect(page.get_by_label("Kind of Length")).to_have_value("decimal")
    page.get_by_label("Kind of Since").select_option("")
    page.get_by_role("button", name="Create it and go on").click()
    expect(page.get_by_text("Boats can be kept here now.")).to_be_visible()
    page.get_by_role("button", name="Import without a trial").click()
    page.get_by_role("link", name="Created").click()
    expect(page.get_by_role("row", name="Alba")).to_contain_text("7.5")


def test_on_a_phone_in_the_dark_in_german_it_fits(visit: Callable[..., Site], axe: str) -> None:
    page = visit("erik", viewport=PHONE, locale="de-DE", color_scheme="dark").page
    choose(page, "/contacts/import", "imke-phone.csv", TEXT.encode())
    page.get_by_role("button", name="Probelauf starten").wait_for()
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Probelauf starten").click()
    page.get_by_text("Das war ein Probelauf").wait_for()
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_may_only_read_is_offered_no_import(visit: Callable[..., Site]) -> None:
    site = visit("rita")
    site.expected.append("403")
    site.page.goto("/contacts")
    site.page.get_by_label("More", exact=True).click()
    expect(site.page.get_by_role("link", name="Import")).to_have_count(0)
    site.page.goto("/contacts/import")
    expect(site.page.locator("input[type=file]")).to_have_count(0)
