"""Mappings that were used once: the next file with the same columns is proposed the same, and a named one can be asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base import clock
from appliance.base.digits import is_id
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.features.imports.plan import NOTES
from appliance.records.permissions import Actor

LAST = "last"
"""What a mapping is called that nobody named: the last one used for these columns."""
_COLUMNS = "id, actor, entity, name, signature, mapping, options, keys, mode, updated_at"


@dataclass(frozen=True, slots=True)
class Saved:
    id: int
    actor: str
    entity: str
    name: str
    signature: str
    mapping: dict[str, str]
    options: dict[str, Any]
    keys: list[str]
    mode: str
    updated_at: str

    def shown(self) -> dict[str, Any]:
        """What an import would be asked with."""
        return {
            "id": str(self.id),
            "name": self.name,
            "mapping": self.mapping,
            "options": self.options,
            "keys": self.keys,
            "mode": self.mode,
        }


def signature(columns: Sequence[str]) -> str:
    """The same for files with the same columns, in whatever order."""
    text = "\n".join(sorted(c.strip().lower() for c in columns if c not in NOTES))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Remembered:
    """Reads and writes ingot_import_mapping. Everybody has their own."""

    def __init__(self, database: Database):
        self._database = database

    def save(self, actor: str, entity: str, name: str, mark: str, words: dict[str, Any]) -> int:
        """Replaces one of the same name. `words` has mapping, options, keys, mode."""
        sql = self._database.sql(
            "INSERT INTO ingot_import_mapping (actor, entity, name, signature, mapping, options, keys, mode, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor, entity, name) DO UPDATE SET signature = excluded.signature, "
            "mapping = excluded.mapping, options = excluded.options, keys = excluded.keys, mode = excluded.mode, "
            "updated_at = excluded.updated_at RETURNING id"
        )
        texts = [orjson.dumps(words[n]).decode() for n in ("mapping", "options", "keys")]
        with self._database.write():
            row = self._database.rows(sql, (actor, entity, name, mark, *texts, words["mode"], clock.wire_now()))[0]
            return int(row[0])

    def note(self, actor: str, entity: str, columns: Sequence[str], words: dict[str, Any]) -> None:
        """The last mapping used for a file with these columns."""
        mark = signature(columns)
        self.save(actor, entity, f"{LAST} {mark}", mark, words)

    def for_file(self, actor: Actor, entity: str, columns: Sequence[str]) -> Saved | None:
        """The newest that fits the columns."""
        found = self._select(
            "WHERE actor = ? AND entity = ? AND signature = ? ORDER BY updated_at DESC LIMIT 1",
            owner(actor), entity, signature(columns),
        )  # fmt: skip
        return found[0] if found else None

    def named(self, actor: Actor, entity: str | None = None) -> list[Saved]:
        """Those with a name, newest first."""
        where, more = ("AND entity = ? ", (entity,)) if entity else ("", ())
        found = self._select(f"WHERE actor = ? {where}ORDER BY updated_at DESC LIMIT 1000", owner(actor), *more)
        return [s for s in found if not s.name.startswith(f"{LAST} ")]

    def get(self, actor: Actor, id_: str) -> Saved:
        """Raises NotFound, also for somebody else's."""
        found = self._select("WHERE id = ? AND actor = ?", int(id_), owner(actor)) if is_id(id_) else []
        if not found:
            raise NotFound(say("There is no import mapping {id}.", id=id_[:30]))
        return found[0]

    def forget(self, actor: Actor, id_: str) -> None:
        held = self.get(actor, id_)
        with self._database.write():
            self._database.run(self._database.sql("DELETE FROM ingot_import_mapping WHERE id = ?"), (held.id,))

    def _select(self, rest: str, *values: Any) -> list[Saved]:
        rows = self._database.rows(self._database.sql(f"SELECT {_COLUMNS} FROM ingot_import_mapping {rest}"), values)
        return [Saved(*r[:5], *(orjson.loads(t) for t in r[5:8]), *r[8:]) for r in rows]


def owner(actor: Actor) -> str:
    """The person, also when a token asks."""
    return f"user:{actor.user}" if actor.user is not None else actor.key
