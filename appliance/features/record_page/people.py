"""Who is behind the keys of the log, and people named in texts: stored as `@[user:7]`, written and read as `@Ada Lovelace`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.record_page.looking import Look
from appliance.records.permissions import Actor, visibility

_STORED = re.compile(r"@\[user:([0-9]{1,15})\]")
OFFERED = 8
"""People a list offers to mention."""


def users_behind(database: Database, keys: Iterable[str]) -> dict[str, int]:
    """{key of an actor: the user's id} for those that are users, or programs with a user's token."""
    found, tokens = {}, []
    for key in set(keys):
        kind, _, number = key.partition(":")
        if kind == "user":
            found[key] = int(number)
        elif kind == "token":
            tokens.append(int(number))
    if tokens:
        marks = ", ".join("?" * len(tokens))
        sql = database.sql(f'SELECT id, "user" FROM ingot_token WHERE id IN ({marks})')
        found |= {f"token:{row[0]}": row[1] for row in database.rows(sql, tokens)}
    return found


class Names:
    """How the people behind some keys and ids are called; asked for all at once."""

    def __init__(self, look: Look, keys: Iterable[str] = (), users: Iterable[int | None] = ()):
        self._behind = users_behind(look.records.database, keys)
        look.name({"user": {*self._behind.values(), *(u for u in users if u)}})
        self._called = look.called["user"]
        self._unknown = look.say(say("Somebody"))

    def of_key(self, key: str) -> str:
        user = self._behind.get(key)
        return self.of_user(user) if user else "Ingot"

    def of_user(self, user: int | None) -> str:
        return self._called.get(user or 0) or self._unknown


def mentioned(texts: Iterable[str]) -> set[int]:
    return {int(i) for text in texts for i in _STORED.findall(text)}


def shown(text: str, names: Names) -> Markup:
    """A comment's text as HTML, its people marked."""
    parts = _STORED.split(text)
    html = [
        Markup('<b class="mention">@{}</b>').format(names.of_user(int(part))) if n % 2 else escape(part)
        for n, part in enumerate(parts)
    ]
    return Markup("").join(html)


def to_edit(text: str, names: Names) -> str:
    """As its author typed it."""
    return _STORED.sub(lambda m: "@" + names.of_user(int(m[1])), text)


def to_store(text: str, people: Mapping[int, str], chosen: Iterable[int] = ()) -> str:
    """`@Ada Lovelace` becomes `@[user:7]`. Longer names win; of people called alike the `chosen` ones. An @ before anything
    else stays as it is."""
    wanted = {name.casefold(): user for user, name in people.items() if name}
    wanted |= {people[user].casefold(): user for user in chosen if people.get(user)}
    if not wanted:
        return text
    names = "|".join(re.escape(name) for name in sorted(wanted, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w@])@({names})(?!\w)", re.IGNORECASE)
    return pattern.sub(lambda m: f"@[user:{wanted[m[1].casefold()]}]", text)


def everybody(database: Database, actor: Actor) -> dict[int, str]:
    """{id: name} of those who can sign in; nobody for who may not know them."""
    if not visibility(actor, "user").every:
        return {}
    return {
        row[0]: row[1] for row in database.rows("SELECT id, name FROM ingot_user WHERE active ORDER BY name") if row[1]
    }


def offered(database: Database, actor: Actor, typed: str) -> list[tuple[int, str]]:
    """People whose name has a word that begins so."""
    typed = typed.casefold().strip()
    found = [
        (user, name)
        for user, name in everybody(database, actor).items()
        if name.casefold().startswith(typed) or any(w.startswith(typed) for w in name.casefold().split())
    ]
    return found[:OFFERED]
