"""Texts for people: written in English in the code by `say()`, looked up in data/locale/<language>.json at the edge.

A test collects every `say("...")` in the source and asks each catalog for it, so a missing translation is a red test."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from appliance.base import paths

LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with its values kept apart, so that it can still be translated when it reaches a person."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.render("en")

    def render(self, language: str) -> str:
        template = catalog(language).get(self.template, self.template) if language != "en" else self.template
        if "{" not in template and "}" not in template:
            return template
        return template.format_map(
            {k: in_language(v, language) if isinstance(v, Text | Told) else v for k, v in self.values.items()}
        )


class Told(str):
    """A sentence for whoever takes it as it is, in English, which can still be said in another language: what a part says of
    itself goes to programs and tests as a str, and to people by `in_language`."""

    text: Text


def told(text: Text) -> Told:
    """`told(say("{count} changes behind", count=3))`."""
    found = Told(text)
    found.text = text
    return found


def in_language(sentence: object, language: str) -> str:
    """A sentence of any make in a reader's language; a plain str is what it is."""
    if isinstance(sentence, Told):
        sentence = sentence.text
    return sentence.render(language) if isinstance(sentence, Text) else str(sentence)


def say(template: str, **values: Any) -> Text:
    """A translatable sentence: `say("at most {max} characters", max=80)`."""
    return Text(template, values)


def verbatim(text: object) -> Text:
    """A text that is what it is in every language: a name, a message of a library."""
    return Text(str(text).replace("{", "{{").replace("}", "}}"))


@lru_cache
def catalog(language: str) -> dict[str, str]:
    """English sentence -> translated sentence; an unknown language is an empty catalog."""
    file = paths.DATA / "locale" / f"{language}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


@lru_cache
def labels(language: str) -> dict[str, str]:
    """What the shipped packs call their entities, fields and choices in a language; and the house its own."""
    found: dict[str, str] = {}
    for file in sorted(paths.PACKS.glob(f"*/locale/{language}.json")):
        found |= json.loads(file.read_text("utf-8"))
    return found


def label(text: str, language: str) -> str:
    """A label of a declaration in a reader's language; as it is written where nobody translated it."""
    if language == "en" or not text:
        return text
    return labels(language).get(text) or catalog(language).get(text, text)


@lru_cache(maxsize=256)
def best_language(accept_language: str) -> str:
    """The first language we speak in an Accept-Language header; English when there is none."""
    wishes = []
    for part in accept_language.split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((-float(quality or 1), name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(wishes, key=lambda w: w[0]) if name in LANGUAGES), "en")


def fold(text: str) -> str:
    """Lower case without accents: `Müller` and `muller` are one word to a person who searches."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


_NOT_WORD = re.compile(r"[^0-9a-z]+")


def snake(label: str) -> str:
    """A name for a label: `E-mail address` -> `e_mail_address`. Empty when nothing usable is left."""
    name = _NOT_WORD.sub("_", fold(label)).strip("_")
    return f"n_{name}" if name[:1].isdigit() else name


def kebab(name: str) -> str:
    return name.replace("_", "-")


def headline(name: str) -> str:
    """A label for a name: `close_date` -> `Close date`."""
    return name.replace("_", " ").capitalize()
