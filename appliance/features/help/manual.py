"""The manual: Markdown files in data/help, one folder per language, which also read well on a code host. `index.md` is the table
of contents. A page that a language lacks is shown in English."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from appliance.base import paths
from appliance.base.text import fold

FALLBACK = "en"
CONTENTS = "index"
MOST_HITS = 20
_EXCERPT = 200
"""Characters of a search result's text."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the plain text below it, up to the next heading. `anchor` is "" for what stands under the page's title."""

    anchor: str
    title: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class HelpPage:
    """`name` is the path below the language's folder, without .md: "reference/settings". `html` is safe to show."""

    name: str
    language: str
    title: str
    html: Markup
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ManualHit:
    page: str
    page_title: str
    section: Section
    excerpt: Markup


class Manual:
    """All pages. Files are read when they are first asked for, and then kept: they ship with the program."""

    def __init__(self, folder: Path = paths.HELP):
        self._folder = folder
        self._page = lru_cache(maxsize=None)(self._read)

    def page(self, name: str, language: str) -> HelpPage | None:
        """In the language asked for, else in English; None when there is no such page."""
        for known in dict.fromkeys((language, FALLBACK)):
            if name in self._names(known):
                return self._page(name, known)
        return None

    def contents(self, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
        """[(part, [(page name, title)])] in the order of the table of contents."""
        index = self.page(CONTENTS, language)
        parts: list[tuple[str, list[tuple[str, str]]]] = []
        if index is None:
            return parts
        listed = (self._folder / index.language / f"{CONTENTS}.md").read_text("utf-8").splitlines()
        for line in listed:
            if line.startswith("## "):
                parts.append((line[3:].strip(), []))
            elif parts and (link := re.match(r"- \[(.+?)\]\((.+?\.md)\)", line)):
                name = address(link[2], f"{index.language}/{CONTENTS}").removeprefix("/help/")
                parts[-1][1].append((name, link[1]))
        return parts

    def search(self, text: str, language: str) -> list[ManualHit]:
        """The sections that hold all words, those first that have them in their titles."""
        words = fold(text).split()
        if not words:
            return []
        ranked: list[tuple[int, ManualHit]] = []
        for page in self._pages(language):
            for section in page.sections:
                title, body = fold(f"{page.title} {section.title}"), fold(section.text)
                if all(w in title or w in body for w in words):
                    score = sum(
                        (w in fold(section.title)) * 4 + (w in title) * 2 + min(body.count(w), 3) for w in words
                    )
                    ranked.append((-score, ManualHit(page.name, page.title, section, excerpt(section.text, words))))
        return [hit for _, hit in sorted(ranked, key=lambda r: r[0])[:MOST_HITS]]

    def _pages(self, language: str) -> Iterator[HelpPage]:
        for name in sorted(self._names(FALLBACK) | self._names(language)):
            if name != CONTENTS and (page := self.page(name, language)):
                yield page

    @cache
    def _names(self, language: str) -> frozenset[str]:
        folder = self._folder / language
        return frozenset(p.relative_to(folder).as_posix().removesuffix(".md") for p in folder.rglob("*.md"))

    def _read(self, name: str, language: str) -> HelpPage:
        return render(name, language, (self._folder / language / f"{name}.md").read_text("utf-8"))


def render(name: str, language: str, text: str) -> HelpPage:
    """HTML in the text is shown as it is written, never as HTML."""
    from markdown_it import MarkdownIt  # here: only the manual needs it, and 30 ms of every start

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    sections: list[Section] = []
    taken: set[str] = set()
    heading: tuple[str, str, int] | None = None
    words: list[str] = []

    def close() -> None:
        if heading:
            sections.append(Section(*heading, " ".join(words)))
            words.clear()

    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            close()
            title, level = plain(tokens[position + 1]), int(token.tag[1])
            anchor = slug(title, taken) if level > 1 else ""
            heading = anchor, title, level
            if anchor:
                token.attrSet("id", anchor)
        elif token.type == "inline" and tokens[position - 1].type != "heading_open":
            words.append(plain(token))
        elif token.type in ("fence", "code_block"):
            words.append(token.content.strip())
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", address(str(child.attrGet("href")), f"{language}/{name}"))
    close()
    title = sections[0].title if sections else name
    html = parser.renderer.render(tokens, parser.options, {})
    html = html.replace("<pre", '<pre tabindex="0"')  # long lines scroll, by keys too
    return HelpPage(name, language, title, Markup(html), tuple(sections))


def address(href: str, page: str) -> str:
    """Where a link leads that stands in the file `page`, as en/reference/settings: another page's file becomes its address."""
    path, hash_, anchor = href.partition("#")
    if "://" in path or path.startswith(("/", "mailto:")) or not path.endswith(".md"):
        return href
    file = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    return f"/help/{file.partition('/')[2].removesuffix('.md')}{hash_}{anchor}"


def slug(title: str, taken: set[str]) -> str:
    """As code hosts make them: lower case, hyphens, no punctuation; a number behind what stands twice."""
    base = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    anchor, count = base, 0
    while anchor in taken:
        count += 1
        anchor = f"{base}-{count}"
    taken.add(anchor)
    return anchor


def plain(token: Any) -> str:
    """The text of an inline token without its marks."""
    return "".join(
        c.content if c.type in ("text", "code_inline") else " " if c.type in ("softbreak", "hardbreak") else ""
        for c in token.children or ()
    )


def excerpt(text: str, words: list[str]) -> Markup:
    """The text around the first of the words, with all of them marked."""
    folded = fold(text)
    first = min((at for w in words if (at := folded.find(w)) >= 0), default=0)
    begin = max(0, first - _EXCERPT // 3)
    begin = text.rfind(" ", 0, begin + 1) + 1  # not in the middle of a word
    shown = text[begin : begin + _EXCERPT]
    marked = escape(shown)
    if len(folded) == len(text):  # folding may change lengths, as of ß: then nothing is marked
        pattern = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
        parts, end = [], 0
        for match in re.finditer(pattern, fold(shown)):
            parts += [
                escape(shown[end : match.start()]),
                Markup("<mark>{}</mark>").format(shown[match.start() : match.end()]),
            ]
            end = match.end()
        marked = Markup("").join([*parts, escape(shown[end:])])
    return Markup("{}{}{}").format("… " if begin else "", marked, " …" if begin + _EXCERPT < len(text) else "")
