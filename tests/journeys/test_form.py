"""Forms: made from the declaration, checked while one types, with pickers that make what is missing, and files that go up."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from box import Box
from browsing import EACH_VIEWPORT, PASSWORD, Site, violations
from playwright.sync_api import Page, expect

Visit = Callable[..., Site]
OPTION = "[role=listbox] [role=option]"
KINDS = [
    {"name": "name", "required": True}, {"name": "number", "kind": "auto_number"}, {"name": "story", "kind": "long_text"},
    {"name": "count", "kind": "integer", "min": 0}, {"name": "ratio", "kind": "decimal"},
    {"name": "price", "kind": "money", "currency": "EUR"}, {"name": "good", "kind": "boolean"}, {"name": "day", "kind": "date"},
    {"name": "at", "kind": "datetime"}, {"name": "size", "kind": "choice", "choices": ["small", "large"]},
    {"name": "land", "kind": "choice", "choices": ["DE", "AT", "CH", "IT", "FR"]},
    {"name": "colours", "kind": "multi_choice", "choices": ["red", "green"]}, {"name": "email", "kind": "email"},
    {"name": "phone", "kind": "phone"}, {"name": "site", "kind": "url"}, {"name": "extra", "kind": "json"},
    {"name": "account", "kind": "relation", "target": "account"},
    {"name": "contacts", "kind": "relations", "target": "contact"},
    {"name": "photo", "kind": "file"}, {"name": "papers", "kind": "files"},
]  # fmt: skip


@pytest.fixture(scope="module")
def gadgets(box: Box) -> str:
    """The type of an entity with every kind of field."""
    attributes = {"name": "gadget", "plural": "gadgets", "title": "name", "fields": KINDS}
    box.send("POST", "/api/entities", {"data": {"type": "entities", "attributes": attributes}}, 201)
    return "gadgets"


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def record_of(page: Page, box: Box, type_: str) -> dict[str, object]:
    """The record whose page is shown, as the API has it, relations by their ids."""
    page.wait_for_url(re.compile(rf"/{type_}/\d+(\?|$)"))
    found = re.search(r"/(\d+)", page.url.split(type_)[1])
    assert found
    include = "contacts,papers" if type_ == "gadgets" else ""
    data = box.get(f"/api/{type_}/{found[1]}?include={include}")["data"]
    links = {n: r["data"] for n, r in data.get("relationships", {}).items() if "data" in r}
    return {**data["attributes"], **links}


def test_a_record_of_every_kind_is_made(visit: Visit, box: Box, gadgets: str, tmp_path: Path) -> None:
    page = visit("erik").page
    page.goto(f"/{gadgets}/new")
    expect(page.get_by_label("Name")).to_be_focused()
    for name, text in {
        "name": "Every kind", "story": "one\ntwo", "count": "1,200", "ratio": "0.25", "price": "1,234.50", "day": "2026-11-22",
        "at": "2026-07-01T14:30", "email": "a@example.org", "phone": "+49 1", "site": "example.org", "extra": '{"a": 1}',
    }.items():  # fmt: skip
        page.locator(f"[data-field={name}]").locator("input, textarea").fill(text)
    page.get_by_label("Good").check()
    page.get_by_label("small").check()
    page.get_by_label("Land").select_option("CH")
    page.get_by_label("green").check()
    contacts = page.get_by_role("combobox", name="Contacts")
    contacts.click()
    page.locator(OPTION).first.click()
    contacts.press("ArrowDown")
    page.locator(OPTION).first.click()
    plan = tmp_path / "plan.txt"
    plan.write_text("a plan")
    page.get_by_label("Papers").and_(page.locator("input[type=file]")).set_input_files(plan)
    page.get_by_role("checkbox", name="plan.txt").wait_for()
    save(page)
    found = record_of(page, box, gadgets)
    assert (found["count"], found["ratio"], found["price"], found["good"]) == (1200, "0.25", "1234.50", True)
    assert (found["size"], found["land"], found["colours"], found["extra"]) == ("small", "CH", ["green"], {"a": 1})
    assert (found["story"], found["site"], found["day"]) == ("one\ntwo", "https://example.org", "2026-11-22")
    assert len(found["contacts"]) == 2 and len(found["papers"]) == 1  # type: ignore[arg-type]


def test_an_account_that_is_missing_is_made_in_place(visit: Visit, box: Box) -> None:
    site = visit("erik")
    site.expected.append("422")
    page = site.page
    page.goto("/opportunities/new")
    page.get_by_label("Name").fill("Deal with a new house")
    account = page.get_by_role("combobox", name="Account")
    account.click()
    account.press_sequentially("Pension Zur Eiche")
    page.get_by_role("option", name="Create “Pension Zur Eiche”").wait_for()
    account.press("ArrowUp")
    account.press("Enter")
    dialog = page.get_by_role("dialog", name="New Account")
    expect(dialog.get_by_label("Name")).to_have_value("Pension Zur Eiche")
    dialog.get_by_label("Name").fill("")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("Name is required.").first.wait_for()
    dialog.get_by_label("Name").fill("Pension Zur Eiche")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(account).to_have_value("Pension Zur Eiche")
    save(page)
    found = record_of(page, box, "opportunities")
    made = box.get("/api/accounts?filter[name]=Pension Zur Eiche")["data"]
    assert found["account"]["id"] == made[0]["id"]  # type: ignore[index]


def test_the_picker_is_complete_by_keyboard(visit: Visit) -> None:
    page = visit("erik").page
    page.goto("/contacts/new")
    account = page.get_by_role("combobox", name="Account")
    account.focus()
    account.press_sequentially("seebl")
    page.get_by_role("option", name="Hotel Seeblick am Ammersee").wait_for()
    assert account.get_attribute("aria-activedescendant")
    account.press("Enter")
    expect(account).to_have_value("Hotel Seeblick am Ammersee")
    account.press_sequentially("zzz")
    account.press("Escape")
    expect(account).to_have_value("Hotel Seeblick am Ammersee")
    page.get_by_role("button", name="Clear Account").click()
    expect(account).to_have_value("")
    expect(account).to_be_focused()


def test_problems_stand_beside_their_fields_and_the_first_is_focused(visit: Visit, axe: str) -> None:
    site = visit("erik")
    site.expected.append("422")
    page = site.page
    page.goto("/contacts/new")
    page.get_by_label("E-mail").first.fill("nobody")
    page.get_by_label("Job title").focus()
    page.locator("[data-field=email] .problem", has_text="is not an e-mail address").wait_for()
    expect(page.get_by_label("Last name")).not_to_have_attribute("aria-invalid", "true")  # nobody was there yet
    save(page)
    expect(page.get_by_label("Last name")).to_be_focused()
    summary = page.get_by_role("alert")
    summary.get_by_role("link", name="E-mail is not an e-mail address.").click()
    expect(page.locator("input[name=email]")).to_be_focused()
    assert not violations(page, axe)
    page.locator("input[name=email]").fill("somebody@example.org")
    expect(page.locator("[data-field=email] .problem")).to_be_hidden()


def test_a_german_types_a_comma(visit: Visit, box: Box) -> None:
    page = visit(locale="de-DE").page
    page.goto("/opportunities/new?account=1")
    page.locator("input[name=email]").fill("erik@example.org")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.get_by_role("combobox", name="Firma")).to_have_value("Hotel Seeblick am Ammersee")
    page.locator("input[name=name]").fill("Mit Komma")
    page.locator("input[name=amount]").fill("1.234,5")
    page.get_by_role("button", name="Speichern", exact=True).click()
    assert record_of(page, box, "opportunities")["amount"] == "1234.50"


def test_save_and_new_keeps_what_the_address_said_and_can_be_undone(visit: Visit, box: Box) -> None:
    page = visit("erik").page
    page.goto("/tasks/new?priority=high")
    page.get_by_label("Subject").fill("Undo this task")
    page.get_by_role("button", name="Save and new").click()
    page.get_by_text("is saved.").wait_for()
    expect(page.get_by_label("High")).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    assert not box.get("/api/tasks?filter[subject]=Undo this task")["data"]


def test_without_script_a_plain_form_saves_finds_and_uploads(
    visit: Visit, box: Box, gadgets: str, tmp_path: Path
) -> None:
    site = visit("erik", java_script_enabled=False)
    site.expected.append("422")
    page = site.page
    page.goto(f"/{gadgets}/new")
    page.get_by_label("Count", exact=True).fill("many")
    plan = tmp_path / "plan.txt"
    plan.write_text("a plan")
    page.locator("input[type=file][name=photo]").set_input_files(plan)
    page.get_by_label("Find Account by name").fill("Seeblick am Ammersee")
    save(page)
    page.get_by_role("link", name="Name is required.").wait_for()
    assert page.get_by_label("Count", exact=True).input_value() == "many"
    page.locator("input[name=name]").fill("Without script")
    page.get_by_label("Count", exact=True).fill("12")
    page.locator("input[name=name]").press("Enter")
    found = record_of(page, box, gadgets)
    assert found["count"] == 12 and found["photo"] and found["account"]


@pytest.mark.slow
@EACH_VIEWPORT
def test_forms_are_accessible(visit: Visit, axe: str, gadgets: str, viewport: dict[str, int]) -> None:
    page = visit("erik", viewport=viewport).page
    found = []
    for path in (f"/{gadgets}/new", "/contacts/1/edit"):
        page.goto(path)
        picker = page.get_by_role("combobox", name="Account")
        picker.click()
        page.locator(OPTION).first.wait_for()
        found += [f"{path} {v}" for v in violations(page, axe)]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert not found, "\n".join(found)
