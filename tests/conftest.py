"""Fixtures for all tests: real databases, real records. `database` runs a test on SQLite and on a private PostgreSQL."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from appliance.engines.database.protocol import Database
from appliance.records.records import Records

pytest_plugins = ["private_databases"]

# How many examples a property is tried with; .ci/run tries each once more with many.
settings.register_profile("ingot", max_examples=int(os.environ.get("INGOT_EXAMPLES", "25")), deadline=None)
settings.load_profile("ingot")

# Hundreds of processes are started here. Where the environment forbids to keep what was compiled (containers do), each would
# compile the whole program again, and that was half of what a start cost.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture
def records(database: Database) -> Iterator[Records]:
    """Records on an empty, migrated database; once on each kind."""
    yield Records(database)


LONG = (
    "test_kill", "test_import_killed", "test_council_payments", "test_api_schemathesis", "test_jobs_crash", "test_government",
    "test_packages", "test_backup_of_a_box", "test_trouble", "test_panel_life", "test_panel_autostart", "test_stop_under_load",
    "journeys",
)  # fmt: skip
"""Files that take longest. They begin first, or one of them runs alone at the end while the other processes wait."""


@pytest.hookimpl(tryfirst=True)  # before items are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the database does is tried on every engine in each run; all else on the default one, and on the others in a run of
    its own: `pytest -m engines`."""
    for item in items:
        of_databases = {"engines", "records"} & set(Path(item.nodeid.partition("::")[0]).parts)
        if item.get_closest_marker("postgres") and not of_databases:
            item.add_marker("engines")

    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONG) if name in item.nodeid), len(LONG))

    items.sort(key=place)  # stable: within a file nothing changes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """On CI a skip is a test that does not exist."""
    if os.environ.get("CI") and (skipped := terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_sep("=", "skipped on CI, which is a failure", red=True)
        for report in skipped:
            terminalreporter.write_line(f"{report.nodeid}: {report.longrepr}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
