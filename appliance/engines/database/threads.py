"""What SQLite and PostgreSQL share: one open connection a thread, `write()` that nests, bells after the commit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import peewee

from appliance.base.disk import is_disk_full
from appliance.base.errors import DatabaseDamaged, DiskFull, IngotError
from appliance.engines.database.damage import Faults, damage_in, first_words
from appliance.engines.database.limits import Limits, QueryTimeout

Row = tuple[Any, ...]
log = logging.getLogger(__name__)


class _Held(threading.local):
    """What belongs to a thread: how deep it is inside `write()`, the limits of the request it answers, and what ends the
    rehearsal that it is in."""

    def __init__(self) -> None:
        self.depth = 0
        self.limits = Limits()
        self.rehearsal: ExitStack | None = None


class _TakenBack(Exception):
    """Ends a rehearsal."""


class ThreadedDatabase:
    """Base of the adapters. A connection stays with its thread: opening one per request costs 0.5 ms on SQLite, 6 on
    PostgreSQL (decisions.md)."""

    dialect: str
    peewee: peewee.Database

    def __init__(self) -> None:
        self._bells: list[Callable[[], None]] = []
        self._held = _Held()
        self.faults = Faults()

    def sql(self, text: str) -> str:
        return text.replace("?", self.peewee.param) if self.peewee.param != "?" else text

    def connection(self) -> Any:
        if self.peewee.is_closed():
            self.peewee.connect(reuse_if_open=True)
            self._opened(self.peewee.connection())  # type: ignore[no-untyped-call]
        return self.peewee.connection()  # type: ignore[no-untyped-call]

    def _opened(self, connection: Any) -> None:
        """A connection is new: whatever it needs before its first statement."""

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        try:
            cursor = self.connection().execute(sql, params)
            if not self._held.limits.ends:
                listed: list[Row] = cursor.fetchall()
                return listed
            return self._held.limits.fetch(cursor)
        except Exception as error:
            self._failed(error)
            raise

    # ---- limits of a request

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        limits = self._held.limits
        limits.begin(seconds)
        try:
            yield
        finally:
            limits.end()

    @contextmanager
    def unlimited(self) -> Iterator[None]:
        limits = self._held.limits
        before, limits.ends = limits.ends, 0.0
        try:
            yield
        finally:
            limits.ends = before

    def _failed(self, error: BaseException) -> None:
        """Note what a failed statement tells of the database. Raises QueryTimeout in its place, where the request's time was
        up, DiskFull where there was no room, and DatabaseDamaged where what it read is not what was written."""
        if isinstance(error, IngotError):
            return
        if is_disk_full(error) or self._says_no_space(error):
            raise DiskFull() from error
        # SQLite quotes damaged text in its message, and Python cannot even read that
        damage = damage_in(error) or (error if isinstance(error, UnicodeDecodeError) else None)
        if damage is not None:
            self.faults.note(str(damage) or type(damage).__name__)
            raise DatabaseDamaged(first_words(str(damage))) from error
        if self._held.limits.over and self._interrupted(error):
            raise QueryTimeout() from error

    def _says_no_space(self, error: BaseException) -> bool:
        """Is a failure that could be damage one of a disk without room?"""
        return False

    def _interrupted(self, error: BaseException) -> bool:
        """Is this what a statement raises that was stopped?"""
        raise NotImplementedError

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        try:
            return int(self.connection().execute(sql, params).rowcount)
        except Exception as error:
            self._failed(error)
            raise

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            cursor = self.connection().cursor()
            cursor.executemany(sql, rows)
            cursor.close()
        except Exception as error:
            self._failed(error)
            raise

    def writing(self) -> bool:
        return self._held.depth > 0

    @contextmanager
    def write(self) -> Iterator[None]:
        self.connection()
        rehearsal = self._held.rehearsal
        if rehearsal is not None and not self._held.depth:
            rehearsal.enter_context(self._outermost())
        if self._held.depth:
            with self.peewee.savepoint():
                yield
            return
        with self._outermost():
            yield

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        held = self._held
        assert held.rehearsal is None and not held.depth, "a rehearsal is the outermost of all"
        try:
            with ExitStack() as held.rehearsal:
                yield
                raise _TakenBack
        except _TakenBack:
            pass
        finally:
            held.rehearsal = None

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        with self._exclusive():
            self._held.depth = 1
            try:
                with self._transaction():
                    yield
            except _TakenBack:
                raise
            except Exception as error:
                self._failed(error)
                raise
            finally:
                self._held.depth = 0
            ticket = self._committed()
        self._make_durable(ticket)
        self.ring()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """The transaction itself, begun and the only one."""
        with self.peewee.atomic():
            self._enter()
            yield

    def _committed(self) -> int:
        """Right after the commit, before the next writer: a ticket for `_make_durable`."""
        return 0

    def _make_durable(self, ticket: int) -> None:
        """Return when the commit would survive a power cut, where the COMMIT itself does not see to that."""

    def _exclusive(self) -> AbstractContextManager[None]:
        """Around the transaction: whatever keeps others out before it begins."""
        return nullcontext()

    def _enter(self) -> None:
        """First thing inside the transaction: whatever makes it the only one."""

    def on_commit(self, bell: Callable[[], None]) -> None:
        self._bells.append(bell)

    def ring(self) -> None:
        for bell in self._bells:
            try:
                bell()
            except Exception:  # a bell is a hint; the commit it announces has already happened
                log.exception("A bell failed")

    def release(self) -> None:
        if not self.peewee.is_closed():
            self.peewee.close()

    def close(self) -> None:
        self.release()
