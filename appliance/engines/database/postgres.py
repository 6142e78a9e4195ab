"""PostgreSQL through psycopg 3. Writers line up at an advisory lock, as they do at SQLite's gate: then positions of the
log become visible in the order of their numbers, which followers rely on (research/data.md 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee

from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS_WRONG
from appliance.base.text import say
from appliance.engines.database.threads import ThreadedDatabase

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

    def connection(self) -> Any:
        connection = super().connection()
        if connection.closed or connection.broken:  # the server went away: the next request gets a fresh one
            self.peewee.close()
            connection = super().connection()
        return connection

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
                found.append(f"{table}: {str(error).splitlines()[0]}")
        return found

    def size(self) -> int:
        return int(self.rows("SELECT pg_database_size(current_database())")[0][0])
