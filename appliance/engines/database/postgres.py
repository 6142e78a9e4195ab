"""PostgreSQL through psycopg 3. Writers line up at an advisory lock, as they do at SQLite's gate: then positions of the
log become visible in the order of their numbers, which followers rely on (decisions.md)."""

from __future__ import annotations

import re
import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee

from appliance.base.errors import BadRequest, StartRefused, Unavailable
from appliance.base.settings import SETTINGS_WRONG
from appliance.base.text import say
from appliance.engines.database.damage import damage_in
from appliance.engines.database.threads import Row, ThreadedDatabase

PATIENCE = 3.0
"""Seconds that a request waits for a server that was there before and is being restarted."""
_ENDED = {"57P01", "57P02", "57P03"}
"""admin_shutdown, crash_shutdown, cannot_connect_now (PostgreSQL, Appendix A)."""
_READS = re.compile(r"\s*(SELECT|SHOW)\b", re.IGNORECASE)
WRITER = 7_401_863  # the advisory lock's key: any number, the same in all nodes


class PostgresDatabase(ThreadedDatabase):
    """See protocol.Database. The URL is postgresql://USER:PASSWORD@HOST:PORT/NAME; a socket folder goes in ?host=."""

    dialect = "postgres"
    like = "ILIKE"
    lower: str | None = None

    def __init__(self, url: str, *, read_only: bool = False):
        super().__init__()
        try:
            import psycopg  # noqa: F401
        except ImportError:
            raise StartRefused(
                say("PostgreSQL needs its driver: install ingot with the extra, pip install 'ingot[postgres]'."),
                SETTINGS_WRONG,
            ) from None
        parts = urlsplit(url)
        more = " -c default_transaction_read_only=on" if read_only else ""
        options: dict[str, Any] = {"options": f"-c timezone=UTC -c synchronous_commit=on{more}"}
        for name, value in (
            ("host", parts.hostname),
            ("port", parts.port),
            ("user", parts.username),
            ("password", parts.password),
        ):
            if value:
                options[name] = unquote(value) if isinstance(value, str) else value
        for pair in filter(None, parts.query.split("&")):
            name, _, value = pair.partition("=")
            options[name] = unquote(value)
        self.peewee = peewee.PostgresqlDatabase(parts.path.lstrip("/"), prefer_psycopg3=True, **options)
        self._lock = self.sql("SELECT pg_advisory_xact_lock(?)")

        self._connected_once = self._away = False

    # ---- limits of a request

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """The server is told with the first statement: a request that asks nothing of it is answered without it."""
        self._held.seconds = seconds
        with super().limited(seconds):
            yield

    def _time(self, connection: Any) -> None:
        if not self._held.limits.ends or self.writing() or getattr(self._held, "timed", None) is connection:
            return  # web threads do nothing but answer: once is enough
        connection.execute(f"SET statement_timeout = {int(self._held.seconds * 1000)}")
        self._held.timed = connection

    def _failed(self, error: BaseException) -> None:
        if "NUL (0x00)" in str(
            error
        ):  # psycopg's word: no text of PostgreSQL can hold one, so none can be found either
            raise BadRequest(say("A text must not hold the character NUL."), code="nul") from error
        super()._failed(error)

    @contextmanager
    def unlimited(self) -> Iterator[None]:
        if not self._held.limits.ends or not self.writing():
            with super().unlimited():
                yield
            return
        self.run("SET LOCAL statement_timeout = 0")
        with super().unlimited():
            yield

    def _interrupted(self, error: BaseException) -> bool:
        return "57014" in (getattr(error, "sqlstate", None), getattr(error.__cause__, "sqlstate", None))

    # ---- a server that was restarted

    def connection(self) -> Any:
        """This thread's; a fresh one where the server has ended the old one. Inside `write()` the one it began with. Raises
        Unavailable when the server does not come back within PATIENCE."""
        connection = self._connected()
        if not self.writing() and stale(connection):
            self._reconnect()
            connection = self._connected()
        self._time(connection)
        return connection

    def _connected(self) -> Any:
        patient = self._connected_once and not self._away  # one wait that was in vain is enough: the threads are needed
        until = time.monotonic() + (PATIENCE if patient else 0)
        while True:
            try:
                connection = super().connection()
            except peewee.OperationalError as error:
                if time.monotonic() > until:
                    self._away = True
                    raise Unavailable(
                        say("The database server does not answer: {why}", why=_first_line(error))
                    ) from error
                time.sleep(0.1)
            else:
                self._connected_once, self._away = True, False
                return connection

    def _reconnect(self) -> None:
        try:
            self.peewee.close()
        except Exception:  # it cannot even be closed
            self.peewee._state.reset()  # type: ignore[attr-defined]

    def _lost(self, error: BaseException) -> bool:
        """Is it the connection that failed, and not the statement?"""
        if getattr(error, "sqlstate", None) in _ENDED:
            return True
        if self.peewee.is_closed():
            return False
        connection = self.peewee.connection()  # type: ignore[no-untyped-call]
        return bool(connection.closed or connection.broken)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        with self._told():
            try:
                return super().rows(sql, params)
            except Exception as error:
                if self.writing() or not _READS.match(sql) or not self._lost(error):
                    raise
            self._reconnect()  # it ended between our look and the statement, which has changed nothing
            return super().rows(sql, params)

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        with self._told():
            return super().run(sql, params)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._told():
            super().many(sql, rows)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A connection that was lost is no fault of ours nor of the request's: it may be made again in a moment."""
        try:
            yield
        except Unavailable:
            raise
        except Exception as error:
            if not self._lost(error):
                raise
            text = say(
                "The connection to the database server was lost. What was not confirmed was not saved: try again."
            )
            raise Unavailable(text) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begun once more when the connection turns out to be lost before anything was done in it."""
        with self._told(), ExitStack() as whole:
            try:
                whole.push(self._begun())
            except Exception as error:
                if not self._lost(error):
                    raise
                self._reconnect()
                whole.push(self._begun())
            yield

    def _begun(self) -> ExitStack:
        with ExitStack() as begun:
            self.connection()
            begun.enter_context(self.peewee.atomic())
            self._enter()
            return begun.pop_all()

    def _enter(self) -> None:
        self.connection().execute(self._lock, (WRITER,))

    def reserve_ids(self, table: str, count: int) -> range:
        sequence = self.rows("SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table}"',))[0][0]
        # setval beyond what is taken: safe, since whoever inserts holds the writers' lock
        last = self.rows("SELECT setval(%s, nextval(%s) + %s)", (sequence, sequence, count - 1))[0][0]
        return range(last - count + 1, last + 1)

    def change_mark(self) -> Any:
        return self.rows("SELECT coalesce(max(position), 0) FROM ingot_log")[0][0]

    def check(self) -> tuple[str, str]:
        try:
            version = self.rows("SHOW server_version")[0][0]
        except Exception as error:
            return "down", str(error).strip()
        return "ok", f"PostgreSQL {version}"

    def inspect(self, tick: Callable[[], object] = lambda: None, *, quick: bool = False) -> list[str]:
        """Indexes that an interrupted build left invalid, pages whose checksum failed, rows that cannot be read. (amcheck
        finds more, but only a superuser may install and run it.)"""
        found = [
            f"the index {name} is not valid: REINDEX INDEX {name}"
            for (name,) in self.rows(
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n "
                "ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname = current_schema()"
            )
        ]
        failed = self.rows(
            "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"
        )
        if failed and failed[0][0]:
            found.append(f"{failed[0][0]} pages failed their checksum")
        if quick:
            return found
        for (table,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"):
            tick()
            try:  # the text of a row is made of all its columns: each has to be read, those kept aside too
                self.rows(f'SELECT count(t::text) FROM "{table}" t')
            except Exception as error:
                found.append(f"{table}: {str(damage_in(error) or error).splitlines()[0]}")
        return found

    def size(self) -> int:
        return int(self.rows("SELECT pg_database_size(current_database())")[0][0])


def stale(connection: Any) -> bool:
    """Has the server ended it while nobody used it? An idle connection has nothing to read but a notice or its end: one look at
    the socket, a few microseconds."""
    if connection.closed or connection.broken:
        return True
    try:
        for _ in range(5):  # the server says why before it closes
            if not _readable(connection.fileno()):
                return False
            connection.pgconn.consume_input()
    except Exception:
        return True
    return False


def _readable(number: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
