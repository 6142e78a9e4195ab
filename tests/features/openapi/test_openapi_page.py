"""The document as a page: offline, readable without script, as strict as the policy it is sent with."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM

if TYPE_CHECKING:
    from conftest import Described

ME = {"Authorization": "Bearer t", "Accept": "text/html"}
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_nobody_outside(described: Described) -> None:
    response = described.app.test_client().get("/api/docs", headers=ME)
    assert response.status_code == 200
    page = Page()
    page.feed(response.text)
    assert page.open == []
    assert not {"style", "iframe"} & {tag for tag, _ in page.tags}
    assert all(attrs.get("src", "").startswith("/static/") for tag, attrs in page.tags if tag == "script")
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert not any(n == "style" or n.startswith("on") for n in attributes)
    asked = [attrs.get("src") or attrs.get("href") for _, attrs in page.tags if attrs.get("src") or attrs.get("href")]
    assert asked and all(a.startswith(("/", "#")) and not a.startswith("//") for a in asked if a)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert {"big-deals", "create_big_deal", "upload_file"} <= set(ids)
    assert len(ids) == len(set(ids))
    curl = response.text.replace("&#39;", "'").replace("&#34;", '"')
    assert "-X POST" in curl and "'http://localhost/api/big-deals'" in curl


def test_labels_are_shown_as_text(described: Described) -> None:
    label = "<script>alert(1)</script>'\""
    with described.records.change_schema(SYSTEM) as schema:
        field = {"name": "a", "kind": "text", "label": label, "help": label}
        schema.create_entities([read_entity({"name": "evil", "plural": "evils", "label": label, "fields": [field]})])
    text = described.app.test_client().get("/api/docs", headers=ME).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_stranger_with_a_browser_is_sent_to_sign_in_and_a_program_is_told(described: Described) -> None:
    client = described.app.test_client()
    assert client.get("/api/docs", headers={"Accept": "text/html"}).headers["Location"] == "/sign-in?next=%2Fapi%2Fdocs"
    assert client.get("/api/docs").status_code == 401
