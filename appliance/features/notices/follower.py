"""Notices follow the log: who was given a record, mentioned, or has a comment on a record of his. Its
position moves in the same transaction as the notices: none is lost, none comes twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.base import clock
from appliance.base.digits import is_digits
from appliance.engines.database.protocol import Database
from appliance.features.comments.comments import entity_key, entity_of, mentions
from appliance.features.notices.table import ASSIGNED, COMMENTED, MENTIONED, Notices
from appliance.features.undo.nets import name_of_today
from appliance.records.follower import Follower
from appliance.records.log import Entry
from appliance.records.permissions import SYSTEM, Actor, sees
from appliance.records.records import Records
from appliance.records.work import Work

NAME = "notices"
BATCH = 1_000
MANY = 5
"""Records of one kind given to one person at once, above which one notice tells of all."""
ActorOf = Callable[[int], Actor | None]


class NoticeFollower(Follower):
    """`actor_of(user id)` is that user with the rights of now; None when there is no such active user."""

    name = NAME

    def __init__(self, database: Database, records: Records, notices: Notices, actor_of: ActorOf):
        super().__init__(database)
        self._records, self._notices, self._actor_of = records, notices, actor_of
        self._people = _People(database)
        self._seen = 0  # looked at, though the position is not moved for what is no reason
        self._position = database.sql("SELECT position FROM ingot_follower WHERE name = ?")
        self._move = database.sql(
            "INSERT INTO ingot_follower (name, position, updated_at) VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at"
        )

    def step(self) -> bool:
        """Tell of the next entries; True when there are more. Entries that are no reason to tell anybody cost no write of
        their own: the position moves with the next that are, or when it is far behind."""
        stored = self.position()
        self._seen = max(self._seen, stored)
        entries = self._records.log.after(self._seen, BATCH)
        if not entries:
            return False
        last = entries[-1].position
        telling = [e for e in entries if self._people.is_reason(e)]
        if telling or last - stored >= BATCH:
            with self._records.work(SYSTEM) as work:  # the schema stands still; it writes no entry
                if self.position() != stored:  # another process follows too, and was faster
                    return True
                self._notices.add(_Telling(work, self._actor_of, self._people).rows(telling))
                self._database.run(self._move, (NAME, last, clock.wire_now()))
        self._seen = last
        return len(entries) == BATCH

    def position(self) -> int:
        rows = self._database.rows(self._position, (NAME,))
        return int(rows[0][0]) if rows else 0


class _People:
    """Who is behind an entry: the person whose token it was, too. Tokens never change hands."""

    def __init__(self, database: Database):
        self._database = database
        self._user = database.sql('SELECT "user" FROM ingot_token WHERE id = ?')
        self._tokens: dict[str, int | None] = {}

    def behind(self, entry: Entry) -> int | None:
        kind, _, number = entry.actor.partition(":")
        if kind == "user":
            return int(number)
        if kind != "token":
            return None
        if number not in self._tokens:
            rows = self._database.rows(self._user, (int(number),))
            self._tokens[number] = rows[0][0] if rows else None
        return self._tokens[number]

    def is_reason(self, entry: Entry) -> bool:
        """May it be a reason to tell somebody? Most are not: whoever creates a record owns it. That costs no write."""
        if entry.action == "deleted":
            return False
        if entry.entity == "comment":
            return True
        if '"owner"' not in entry.change_text:
            return False
        owner = entry.change.get("owner", (None, None))[1]
        return owner is not None and owner != str(self.behind(entry))


class _Telling:
    """Entries become rows of notices."""

    def __init__(self, work: Work, actor_of: ActorOf, people: _People):
        self._work, self._actor_of, self._people = work, actor_of, people
        self._actors: dict[int, Actor | None] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._given: dict[tuple[int, str, int | None], list[Entry]] = {}

    def rows(self, entries: list[Entry]) -> list[tuple[Any, ...]]:
        for entry in entries:
            if entry.entity == "comment":
                self._comment(entry)
            else:
                self._owner(entry)
        for (user, entity, by), given in self._given.items():
            told = [e for e in given if self._sees(user, entity, e.record)]
            if len(told) > MANY:
                self._note(user, ASSIGNED, entity, None, by, told[-1], len(told))
            else:
                for entry in told:
                    self._note(user, ASSIGNED, entity, entry.record, by, entry)
        return self._rows

    def _owner(self, entry: Entry) -> None:
        entity = name_of_today(self._work, entry.entity, entry.position)
        if entity is None or (entry.action == "created" and entry.version > 1):  # brought back: nothing new
            return
        held = self._work.registry.entity(entity)
        if held.builtin:
            return
        after = entry.change.get("owner", [None, None])[1]
        by = self._people.behind(entry)
        if is_digits(after) and int(after) != by:
            self._given.setdefault((int(after), entity, by), []).append(entry)

    def _comment(self, entry: Entry) -> None:
        table = self._work.table("comment")
        row = self._work.row(table, entry.record)
        text = entry.change.get("text")
        if row is None or text is None or (entry.action == "created" and entry.version > 1):
            return
        entity = entity_of(self._work.registry, row[table.place["entity"]])
        if entity is None:
            return
        by, record_id = self._people.behind(entry), row[table.place["record"]]
        before = mentions(text[0])
        mentioned = [u for u in mentions(text[1]) if u not in before and u != by]
        for user in mentioned:
            if self._sees(user, entity.name, record_id):
                self._note(user, MENTIONED, entity.name, record_id, by, entry)
        about = self._work.row(self._work.table(entity.name), record_id)
        owner = about[self._work.table(entity.name).place["owner"]] if about else None
        told = entry.action != "created" or owner == by or owner in mentioned
        if owner is not None and not told and self._sees(owner, entity.name, record_id):
            self._note(owner, COMMENTED, entity.name, record_id, by, entry)

    # ------------------------------------------------------------------ steps

    def _note(
        self, user: int, kind: str, entity: str, record: int | None, by: int | None, entry: Entry, count: int = 1
    ) -> None:
        key, at = entity_key(self._work.registry.entity(entity)), clock.wire(clock.from_micros(entry.at))
        self._rows.append((user, kind, key, record, None, count, by, at, entry.position))

    def _sees(self, user: int, entity: str, record_id: int) -> bool:
        if user not in self._actors:
            self._actors[user] = self._actor_of(user)
        actor = self._actors[user]
        table = self._work.table(entity)
        return actor is not None and sees(actor, table, self._work.row(table, record_id))
