"""The database as the house sees it: rows by SQL, one writer at a time, a bell after each commit.

Everything Ingot must not lose lives here: records, log, jobs, sessions. Reads run on the calling thread's own connection
and never wait; `write()` is the only transaction there is, and nests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import peewee

from appliance.engines.database.damage import Faults

Row = tuple[Any, ...]


class Database(Protocol):
    dialect: str
    """"sqlite" or "postgres". For this folder and records/schema.py; a feature that asks has found a missing method."""
    like: str
    """The operator that compares patterns without regard to case."""
    lower: str | None
    """A function that makes letters beyond ASCII small, where `like` does not know their case."""
    faults: Faults
    """The damage that was met; see damage.py."""
    peewee: peewee.Database
    """For DDL, models and query building; its connection is the calling thread's."""

    def sql(self, text: str) -> str:
        """Our own SQL, written with `?`, in the driver's parameter style. Call it once, keep the result."""
        ...

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement in the driver's style."""
        ...

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Execute and return the number of rows touched."""
        ...

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute once per row, as fast as the driver can."""
        ...

    def write(self) -> AbstractContextManager[None]:
        """The exclusive write transaction. Entered again on the same thread it is a savepoint. An exception rolls back and
        passes on. While it is held nobody else writes, in this process or another."""
        ...

    def reserve_ids(self, table: str, count: int) -> range:
        """Take `count` consecutive ids of a table for rows to be inserted with them. Only inside `write()`."""
        ...

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """While this thread answers a request: its statements are stopped when the seconds are over (QueryTimeout), and a result
        larger than an answer may be is AnswerTooLarge. `write()` rolls back then, as for every error."""
        ...

    def unlimited(self) -> AbstractContextManager[None]:
        """Inside `limited`: for what may take long and must not be stopped half-way, as a change of the schema."""
        ...

    def rehearsal(self) -> AbstractContextManager[None]:
        """All that is written inside is taken back at the end, and read back until then. Nobody waits for what goes before the
        first `write()`: from there on it is one transaction. Not inside `write()` or another rehearsal."""
        ...

    def writing(self) -> bool:
        """Is this thread inside `write()`?"""
        ...

    def on_commit(self, bell: Callable[[], None]) -> None:
        """Ring `bell` after every outermost commit of this process. Bells are hints: what must not be lost is a row."""
        ...

    def change_mark(self) -> Any:
        """A value that differs from the last one on this thread when another connection may have committed. Cheap."""
        ...

    def release(self) -> None:
        """Give this thread's connection back; call it when a short-lived thread ends."""
        ...

    def close(self) -> None:
        """Close what can be closed; other threads' connections end with their threads."""
        ...

    def check(self) -> tuple[str, str]:
        """("ok" | "degraded" | "down", reason) from a real query."""
        ...

    def inspect(self, tick: Callable[[], object] = lambda: None, *, quick: bool = False) -> list[str]:
        """What is wrong inside, in the engine's own words; empty when it is whole. Reads all of it, beside writers; `quick`
        leaves out what takes long. `tick` is called now and then; what it raises ends the reading and passes on."""
        ...

    def size(self) -> int:
        """Bytes on disk, as far as the engine tells."""
        ...
