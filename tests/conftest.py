"""Fixtures for all tests: real databases, real records. `database` runs a test on SQLite and on a private PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from private_databases import database, database_url, postgres_server  # noqa: F401

from appliance.engines.database.protocol import Database
from appliance.records.records import Records


@pytest.fixture
def records(database: Database) -> Iterator[Records]:  # noqa: F811
    """Records on an empty, migrated database; once on each kind."""
    yield Records(database)
