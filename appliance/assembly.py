"""The composition root: settings become engines, engines become parts, parts become services. It alone knows everybody.

`open_house` is enough for a command at the shell; `serve` adds what runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version

from flask import Flask

from appliance.base import paths
from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS_WRONG, Settings
from appliance.base.text import say
from appliance.engines.cache.disk import DiskCache
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.cache.protocol import Cache
from appliance.engines.database.postgres import PostgresDatabase
from appliance.engines.database.protocol import Database
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.engines.files.local import LocalFiles
from appliance.engines.files.protocol import FileStore
from appliance.engines.queue.database import DatabaseQueue
from appliance.features.feed import api as feed
from appliance.features.identity import accounts
from appliance.features.identity import api as identity_api
from appliance.features.identity.pages import make_pages
from appliance.features.identity.sessions import Claim, Sessions
from appliance.features.identity.who import Who
from appliance.features.schema import api as schema_api
from appliance.http.app import create_app
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.jobs.worker import Worker
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.tail import Tail
from appliance.run.migrating import migrate
from appliance.run.process import Process
from appliance.run.services import Health, Service
from appliance.run.web import WebServer


@dataclass(frozen=True)
class House:
    """The parts that need no thread: what a command at the shell works with."""

    settings: Settings
    database: Database
    records: Records
    jobs: Jobs
    files: FileStore
    sessions: Sessions
    claim: Claim
    who: Who


def version() -> str:
    return installed_version("ingot")


def open_house(settings: Settings) -> House:
    """Open the home: create it when it is new, migrate it when it is old. Raises StartRefused."""
    home = settings.home.create()
    database = _database(settings)
    migrate(database, home)
    records = Records(database)
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)
    jobs = Jobs(database, DatabaseQueue(database))
    sessions = Sessions(database, settings.session_days)
    return House(
        settings, database, records, jobs, LocalFiles(home.files), sessions, Claim(database), Who(records, sessions)
    )


def install_demo(house: House) -> None:
    """The CRM pack and its demo records, unless they are there."""


def _database(settings: Settings) -> Database:
    url = settings.database
    if url == "sqlite":
        return SqliteDatabase(settings.home.database, settings.synchronous)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresDatabase(url)
    raise _unknown("database", url, "sqlite, postgresql://...")


def _cache(settings: Settings) -> Cache:
    if settings.cache == "disk":
        return DiskCache(settings.home.cache)
    if settings.cache == "memory":
        return MemoryCache()
    raise _unknown("cache", settings.cache, "disk, memory")


def _unknown(name: str, value: str, known: str) -> StartRefused:
    return StartRefused(say("The setting {name} is {value}; it can be: {known}.", name=name, value=value, known=known), SETTINGS_WRONG)


def build(house: House, process: Process, only: str | None) -> Sequence[Service]:
    """The services of a running process: all of them, or those of one role (web or worker)."""
    settings, records = house.settings, house.records
    tail = Tail(house.database, records)
    services: list[Service] = [Running(tail)]
    healths: dict[str, Callable[[], tuple[str, str]]] = {"database": house.database.check}
    hub = Hub()
    if only != "web":
        services.append(Running(Worker(house.jobs, settings.workers)))
    if only != "worker":
        app = public_door(house, settings.host)
        limit = max(settings.max_upload, settings.max_body) + (1 << 20)
        services.append(WebServer(app, settings.host, settings.port, settings.threads, hub, max_body=limit))
    process.components = lambda: {name: Health(*check()) for name, check in healths.items()}  # type: ignore[arg-type]
    return services


def public_door(house: House, bound: str) -> Flask:
    """The Flask application with every feature's pages and addresses."""
    records, settings = house.records, house.settings
    resources = make_resources(records)
    return create_app(
        blueprints=[
            make_blueprint(records, resources),
            schema_api.make_api(records),
            feed.make_api(records),
            identity_api.make_api(records),
            make_pages(records, house.sessions, house.claim),
        ],
        authenticate=house.who.authenticate,
        hosts=Hosts(settings.hosts, bound),
        templates=paths.TEMPLATES,
        max_body=settings.max_upload,
    )


class Running:
    """Lets a part with start, stop and health of its own stand in the row of services."""

    def __init__(self, part: Tail | Worker):
        self.name = getattr(part, "name", type(part).__name__.lower())
        self._part = part

    def start(self) -> None:
        self._part.start()

    def stop(self, deadline_seconds: float) -> None:
        self._part.stop(deadline_seconds)

    def health(self) -> Health:
        return Health(*self._part.health())  # type: ignore[arg-type]
