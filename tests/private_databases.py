"""The fixture `database`: a migrated, empty SQLite file, and the same on a PostgreSQL of our own."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What a second process needs to open the same database."""
    if request.param == "sqlite":
        return str(tmp_path / "ingot.db")
    return request.getfixturevalue("postgres_server").url()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    Runner(database.peewee, str(MIGRATIONS), table_name="ingot_migration").up()
    yield database
    database.close()
