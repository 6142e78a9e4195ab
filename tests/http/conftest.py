"""`server`: a real server process for the whole session, on SQLite and again on a private PostgreSQL. `api`: its
administrator. Tests make the records they need and narrow lists to a mark of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_client import Api
from api_server import Server, start


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = request.getfixturevalue("postgres_server").url() if request.param == "postgres" else None
    found = start(tmp_path_factory.mktemp("home"), url)
    yield found
    found.stop()


@pytest.fixture
def api(server: Server) -> Api:
    return server.api


@pytest.fixture
def anybody(server: Server) -> Api:
    """Without a token."""
    return Api(server.base)
