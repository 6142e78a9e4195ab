"""The manual: every link leads somewhere, its reference is what the code says, its examples run, and it can be read and searched
by whoever reaches the server."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from box import Box

from appliance.base import paths
from appliance.features.help.manual import Manual, render

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(paths.HELP.rglob("*.md"))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    found = Box(tmp_path_factory.mktemp("manual") / "home")
    found.start()
    yield found
    found.stop()


def anchors(file: Path) -> set[str]:
    language, _, name = file.relative_to(paths.HELP).as_posix().removesuffix(".md").partition("/")
    return {s.anchor for s in render(name, language, file.read_text("utf-8")).sections}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(paths.HELP).as_posix())
def test_every_link_leads_to_a_page_and_a_heading(file: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", file.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        other = (file.parent / path).resolve() if path else file
        assert other.is_file(), target
        assert not anchor or anchor in anchors(other), target


def test_every_page_is_in_the_table_of_contents_and_has_one_title() -> None:
    listed = {name for _, pages in Manual().contents("en") for name, _ in pages}
    assert listed == {name for _, pages in Manual().contents("de") for name, _ in pages}
    there = {f.relative_to(paths.HELP / "en").as_posix().removesuffix(".md") for f in FILES if "/en/" in f.as_posix()}
    assert listed == there - {"index"}
    for file in FILES:
        assert len(re.findall(r"(?m)^# ", re.sub(r"(?s)```.*?```", "", file.read_text("utf-8")))) == 1, file


def test_the_reference_is_what_the_code_says() -> None:
    described = importlib.util.spec_from_file_location("reference_pages", ROOT / "packaging" / "reference_pages.py")
    assert described and described.loader
    pages = importlib.util.module_from_spec(described)
    described.loader.exec_module(pages)
    for name, make in pages.PAGES.items():
        assert (pages.FOLDER / f"{name}.md").read_text("utf-8") == make(), "run python packaging/reference_pages.py"


def test_the_examples_of_the_api_guide_run(box: Box) -> None:
    environment = {**os.environ, "URL": box.url(""), "TOKEN": box.sign_in()}
    examples = re.findall(r"(?s)```sh\n(.*?)```", (paths.HELP / "en" / "api.md").read_text("utf-8"))
    assert len(examples) > 8
    for example in examples:
        for command in re.split(r"\n(?=curl )", example):
            done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            assert not done.stdout or json.loads(done.stdout), command


def test_strangers_read_it_in_their_language_and_find_words(box: Box) -> None:
    stranger = requests.Session()
    english = stranger.get(box.url("/help/backup"), timeout=10)
    assert english.status_code == 200 and "<h1>Backup and recovery</h1>" in english.text
    german = stranger.get(box.url("/help/backup"), headers={"Accept-Language": "de"}, timeout=10)
    assert german.status_code == 200 and "<h1>Sicherung und Wiederherstellung</h1>" in german.text
    assert '<a href="/help/api">API guide</a>' in german.text
    only_english = stranger.get(box.url("/help/decisions"), headers={"Accept-Language": "de"}, timeout=10)
    assert '<article class="card manual-text" lang="en">' in only_english.text
    hits = stranger.get(box.url("/help"), params={"q": "disk full"}, timeout=10).text
    assert "/help/backup#when-the-disk-is-full" in hits and "<mark>" in hits
    assert "No page of the manual" in stranger.get(box.url("/help"), params={"q": "<zebra>"}, timeout=10).text
    for name in ("nothing", "../README", "en/index", "%2e%2e/%2e%2e/README", "index.md"):
        assert stranger.get(box.url(f"/help/{name}"), timeout=10).status_code == 404, name


def test_what_is_written_in_a_page_is_never_run() -> None:
    page = render("x", "en", "# <script>a</script>\n\n<img src=x onerror=b>\n\n[link](javascript:c) `<i>`\n")
    assert (
        "<script" not in page.html
        and "<img" not in page.html
        and 'javascript:c"' not in page.html
        and "<i>" not in page.html
    )


def test_links_lead_to_addresses_of_the_server() -> None:
    page = render(
        "reference/a",
        "de",
        "# A\n\n[b](../backup.md#x) [c](../../en/reference/settings.md) [d](https://e.org/f.md) [e](#a)\n",
    )
    assert [*re.findall(r'href="([^"]*)"', page.html)] == [
        "/help/backup#x",
        "/help/reference/settings",
        "https://e.org/f.md",
        "#a",
    ]
