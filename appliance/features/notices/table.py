"""Notices to people: stored, counted, read. Each says why (`kind`), about what, by whom; whether its reader may still see the
record is asked each time it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.base import clock
from appliance.base.errors import NotFound
from appliance.base.text import say
from appliance.features.comments.comments import entity_of
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.reading import Reading
from appliance.records.records import Records

ASSIGNED, MENTIONED, COMMENTED, JOB_DONE, TROUBLE = KINDS = (
    "assigned",
    "mentioned",
    "commented",
    "job_done",
    "trouble",
)
JOB, HEALTH = "job", "health"
"""What stands for the entity where a notice is about a job, or about the server itself."""
KEPT_DAYS = 90
MOST = 100
"""Unread notices are counted no further."""
_COLUMNS = 'id, "user", kind, entity, record, title, count, actor, at, read_at, position'


@dataclass(frozen=True, slots=True)
class Notice:
    """`entity` is named as comments name it; `record` is None where several records are meant, `count` says how many.
    `title` is only held for jobs: a record's title is that of today. `position` is the reason's place in the log, for a job
    its number."""

    id: int
    user: int
    kind: str
    entity: str | None
    record: int | None
    title: str | None
    count: int
    actor: int | None
    at: str
    read_at: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice with what it is about: `entity` is None for a job."""

    notice: Notice
    entity: Entity | None
    title: str


class _Here(threading.local):
    """Has this thread's transaction changed a notice?"""

    def __init__(self) -> None:
        self.changed = False


class Notices:
    """Reads and writes ingot_notice. `on_change` callbacks run after each commit in this process that changed a notice, in
    the thread that committed."""

    def __init__(self, records: Records):
        self._records, self._database = records, records.database
        sql = records.database.sql
        self._add = sql(
            'INSERT INTO ingot_notice ("user", kind, entity, record, title, count, actor, at, position) '
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (position, "user", kind) DO NOTHING'
        )
        self._again = sql(
            'INSERT INTO ingot_notice ("user", kind, entity, record, title, count, actor, at, position) '
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (position, "user", kind) '
            "DO UPDATE SET title = excluded.title, at = excluded.at, read_at = NULL"
        )
        self._bells: list[Callable[[], None]] = []
        self._here = _Here()
        records.database.on_commit(self._ring)

    def on_change(self, bell: Callable[[], None]) -> None:
        self._bells.append(bell)

    def _ring(self) -> None:
        if self._here.changed:
            self._here.changed = False
            for bell in self._bells:
                bell()

    # ------------------------------------------------------------------ writing; inside `database.write()`

    def add(self, rows: Iterable[Sequence[Any]], *, again: bool = False) -> None:
        """Rows of (user, kind, entity, record, title, count, actor, at, position). One that is there already stays as it is;
        with `again` it becomes new once more."""
        listed = list(rows)
        if listed:
            self._database.many(self._again if again else self._add, listed)
            self._here.changed = True

    def mark(self, user: int, notice_id: int, read: bool) -> Notice:
        """Read, or unread again. NotFound when it is not this user's."""
        sql = self._database.sql
        at = clock.wire_now() if read else None
        with self._database.write():
            done = self._database.run(
                sql('UPDATE ingot_notice SET read_at = ? WHERE id = ? AND "user" = ?'), (at, notice_id, user)
            )
            self._here.changed = True
        if not done:
            raise NotFound(say("There is no notice {id}.", id=notice_id))
        rows = self._database.rows(sql(f"SELECT {_COLUMNS} FROM ingot_notice WHERE id = ?"), (notice_id,))
        return Notice(*rows[0])

    def mark_all(self, user: int, upto: int | None = None) -> int:
        """All of them are read, or those up to an id: what came since the page was drawn stays unread. Returns how many."""
        sql = self._database.sql('UPDATE ingot_notice SET read_at = ? WHERE "user" = ? AND read_at IS NULL AND id <= ?')
        with self._database.write():
            done = self._database.run(sql, (clock.wire_now(), user, 2**62 if upto is None else upto))
            self._here.changed = True
        return done

    def sweep(self, before: str) -> int:
        """Delete those from before a time (wire form). Returns how many."""
        with self._database.write():
            return self._database.run(self._database.sql("DELETE FROM ingot_notice WHERE at < ?"), (before,))

    # ------------------------------------------------------------------ reading

    def of(self, actor: Actor, *, unread: bool = False, before: int | None = None, limit: int = 50) -> list[Shown]:
        """The actor's notices, newest first, without those about records that he may not see (any more)."""
        where = 'WHERE "user" = ? AND id < ?' + (" AND read_at IS NULL" if unread else "")
        sql = self._database.sql(f"SELECT {_COLUMNS} FROM ingot_notice {where} ORDER BY id DESC LIMIT ?")
        found: list[Shown] = []
        last = 2**62 if before is None else before
        while len(found) < limit:
            notices = [Notice(*row) for row in self._database.rows(sql, (actor.user or -1, last, limit))]
            if not notices:
                break
            last = notices[-1].id
            found += self.shown(actor, notices)
        return found[:limit]

    def unread(self, actor: Actor) -> int:
        """How many he has not read, MOST at most."""
        return len(self.of(actor, unread=True, limit=MOST))

    def marks(self, users: Iterable[int]) -> dict[int, tuple[int, int]]:
        """For each user who has unread notices something that differs when these do; one query for all."""
        ids = list(users)
        if not ids:
            return {}
        sql = (
            'SELECT "user", count(*), max(id) FROM ingot_notice WHERE read_at IS NULL AND '
            f'"user" IN ({", ".join("?" * len(ids))}) GROUP BY "user"'
        )
        return {row[0]: (row[1], row[2]) for row in self._database.rows(self._database.sql(sql), ids)}

    def shown(self, actor: Actor, notices: Iterable[Notice]) -> list[Shown]:
        """Those about something that the actor may see."""
        registry = self._records.registry
        reading = Reading(self._database, registry, actor)
        listed = [(n, entity_of(registry, n.entity)) for n in notices]
        wanted: dict[str, list[int]] = {}
        for notice, entity in listed:
            if entity and notice.record is not None:
                wanted.setdefault(entity.name, []).append(notice.record)
        rows = {name: reading.by_ids(name, ids) for name, ids in wanted.items()}
        found = []
        for notice, entity in listed:
            if notice.entity in (JOB, HEALTH):
                found.append(Shown(notice, None, notice.title or ""))
            elif entity is None:
                continue
            elif notice.record is None:
                if actor.reach("read", entity.name):
                    found.append(Shown(notice, entity, ""))
            elif row := rows[entity.name].get(notice.record):
                found.append(Shown(notice, entity, entity.title_of(registry.tables[entity.name].show(row))))
        return found
