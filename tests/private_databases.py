"""The fixture `database`: a migrated, empty SQLite file, and the same on a PostgreSQL of our own."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playhouse.migrations import Runner
from private_postgres import PrivatePostgres, private_postgres

import appliance
from appliance.engines.database.postgres import PostgresDatabase
from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase

MIGRATIONS = Path(appliance.__file__).parent / "migrations"


def open_database(url: str) -> Database:
    """A postgresql:// URL or the path of a SQLite file."""
    return PostgresDatabase(url) if url.startswith("postgresql:") else SqliteDatabase(Path(url), synchronous="normal")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PrivatePostgres]:
    with private_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with Ingot's tables and nothing in them, to be copied."""
    place = tmp_path_factory.mktemp("migrated") / "ingot.db"
    _migrate(str(place))
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return place


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PrivatePostgres) -> str:
    """The name of a database with Ingot's tables and nothing in them, a template for others."""
    url = postgres_server.url()
    _migrate(url)
    return postgres_server.name_of(url)


_POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
POSTGRES_ALONE = pytest.mark.parametrize("database_url", [_POSTGRES], indirect=True)
"""For a test of what SQLite does not have."""


@pytest.fixture(params=["sqlite", _POSTGRES])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What a second process needs to open the same database. It is migrated already: once for all tests."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "ingot.db")
        yield str(tmp_path / "ingot.db")
        return
    server: PrivatePostgres = request.getfixturevalue("postgres_server")
    url = server.url(request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def _migrate(url: str) -> None:
    database = open_database(url)
    Runner(database.peewee, str(MIGRATIONS), table_name="ingot_migration").up()
    database.close()
