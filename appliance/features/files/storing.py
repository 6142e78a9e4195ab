"""A file comes in: its bytes go to the store, its name and what it really is become a record of the entity `file`."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import IO, Any

import orjson

from appliance.base import clock
from appliance.base.errors import Unsupported
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.engines.files.protocol import FileStore
from appliance.features.files.types import HEAD, clean_name, ending_for, sniff
from appliance.records.permissions import may
from appliance.records.tables import Row
from appliance.records.work import Work

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that lie in the store, and what is known of them. Without a record they are swept away after a day."""

    name: str
    mime: str
    size: int
    sha: str


class Rewound(io.RawIOBase):
    """A stream that gives the bytes already read once more, then goes on: request bodies cannot be rewound."""

    def __init__(self, head: bytes, rest: IO[bytes]):
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return taken + (self._rest.read() if size < 0 else b"")
        return self._rest.read(size)


def keep(
    store: FileStore,
    stream: IO[bytes],
    *,
    limit: int | None,
    name: str = "",
    claimed: str = "",
    refused: Collection[str] = (),
) -> Kept:
    """Read `stream` into the store. Raises TooLarge above `limit` bytes, Unsupported when what the bytes really are is
    among the `refused` types (`video/mp4`, or `video/*`); nothing is kept then."""
    head = b""
    while len(head) < HEAD and (part := stream.read(HEAD - len(head))):
        head += part
    named = clean_name(name) if name else ""
    mime = sniff(head, claimed, named)
    if mime in refused or f"{mime.partition('/')[0]}/*" in refused:
        raise Unsupported(say("Files of the type {type} are not stored here.", type=mime))
    # Never the store's public side: who may read is asked of the record each time, so "public" can be taken back.
    stored = store.put(Rewound(head, stream), limit)  # type: ignore[arg-type]
    return Kept(named or "file" + ending_for(mime), mime, stored.size, stored.sha256)


def add_file(work: Work, kept: Kept, *, public: bool = False) -> Row:
    """The record of a kept file; its owner is the actor. Raises NotAllowed."""
    may(work.actor, "create", "file")
    table = work.table("file")
    now, me = clock.wire_now(), work.actor.user
    facts: dict[str, Any] = {"name": kept.name, "mime": kept.mime, "size": kept.size, "sha": kept.sha}
    facts |= {"public": public, "owner": me}
    stored = facts | {"created_at": now, "updated_at": now, "created_by": me, "updated_by": me}
    # By itself, not by work.create: type, size and digest are read-only for everybody but this place.
    file_id = work.database.rows(table.insert_sql, [stored.get(f.name) for f in table.columns])[0][0]
    change = {n: [None, str(v) if n == "owner" else v] for n, v in facts.items() if v is not None}
    work.note("file", file_id, 1, "created", change)
    return work.row(table, file_id) or (file_id, 1)


def held_by(database: Database, trash_days: int) -> Callable[[str], bool]:
    """Is a content needed? So it is when a record of `file` or a job names it (an import's table, as long as the job is kept),
    or when it is of a file that was deleted within `trash_days` and may be brought back."""
    record = database.sql("SELECT 1 FROM ingot_file WHERE sha = ? LIMIT 1")
    job = database.sql("SELECT 1 FROM ingot_job WHERE arguments LIKE ? LIMIT 1")
    gone = database.sql("SELECT change FROM ingot_log WHERE entity = 'file' AND action = 'deleted' AND at > ?")
    since = clock.micros() - trash_days * 86_400_000_000
    trash = {orjson.loads(row[0]).get("sha", [None])[0] for row in database.rows(gone, (since,))}

    def held(sha: str) -> bool:
        return sha in trash or bool(database.rows(record, (sha,)) or database.rows(job, (f"%{sha}%",)))

    return held


def sweep(database: Database, store: FileStore, trash_days: int, older_than_seconds: float = DAY) -> int:
    """Delete contents that nobody holds. Returns how many. The age spares uploads whose record is to come."""
    return store.sweep(held_by(database, trash_days), older_than_seconds)
