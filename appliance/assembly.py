"""The composition root: settings become engines, engines become parts, parts become services. It alone knows everybody.

`open_house` is enough for a command at the shell; `serve` adds what runs."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from typing import Any, Protocol

from flask import Flask

from appliance import apart
from appliance.apart import open_database, open_files, unknown
from appliance.base import clock, paths
from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS_WRONG, Settings
from appliance.base.text import say
from appliance.control_room import ControlRoom
from appliance.engines.cache.disk import DiskCache
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.cache.protocol import Cache
from appliance.engines.database.protocol import Database
from appliance.engines.files.protocol import FileStore
from appliance.engines.queue.database import DatabaseQueue
from appliance.engines.search.protocol import SearchEngine
from appliance.engines.search.tantivy import TantivySearch
from appliance.features.batches import batch
from appliance.features.batches.batch import batch_kind
from appliance.features.board import pages as board
from appliance.features.catalogue import FEATURES
from appliance.features.comments import api as comments_api
from appliance.features.comments.jobs import purge_kind
from appliance.features.exports import api as exports_api
from appliance.features.exports.api import export_kind
from appliance.features.feed import api as feed
from appliance.features.files import api as files_api
from appliance.features.files.jobs import make_kinds as file_kinds
from appliance.features.forms import pages as forms
from appliance.features.grid import pages as grid
from appliance.features.health import pages as health_pages
from appliance.features.health.api import Traffic, make_health
from appliance.features.health.looks import look_kinds
from appliance.features.health.sweep import sweep_kind
from appliance.features.help import pages as help_pages
from appliance.features.help.manual import Manual
from appliance.features.home import pages as home
from appliance.features.home.box import Box
from appliance.features.home.navigation import Navigation
from appliance.features.identity import account, accounts, door, last_administrator, passwords
from appliance.features.identity import api as identity_api
from appliance.features.identity.authenticator import PasswordAuthenticator
from appliance.features.identity.login_throttle import LoginThrottle
from appliance.features.identity.sessions import Claim, Sessions
from appliance.features.identity.who import Who
from appliance.features.imports import api as imports_api
from appliance.features.imports import kind_pages as import_kind_pages
from appliance.features.imports import pages as import_pages
from appliance.features.imports import report_pages as import_reports
from appliance.features.imports.analyses import Analyses, analysis_kind
from appliance.features.imports.desk import Desk
from appliance.features.imports.inspection import Inspector, RemoteInspector
from appliance.features.imports.jobs import import_kinds
from appliance.features.jobs import api as jobs_api
from appliance.features.jobs import pages as job_pages
from appliance.features.live.door import make_live
from appliance.features.live.live import Live
from appliance.features.maintenance.door import guard
from appliance.features.maintenance.plan import Plans
from appliance.features.notices import api as notices_api
from appliance.features.notices import pages as notice_pages
from appliance.features.notices.follower import NoticeFollower
from appliance.features.notices.jobs import sweep_kind as old_notices_kind
from appliance.features.notices.jobs import tell_of_jobs
from appliance.features.notices.table import Notices
from appliance.features.notices.trouble import tell_administrators
from appliance.features.openapi import api as openapi_api
from appliance.features.packs.installing import install_pack
from appliance.features.packs.reading import read_pack
from appliance.features.record_page import pages as record_page
from appliance.features.schedules import api as schedules_api
from appliance.features.schema import api as schema_api
from appliance.features.search import api as search_api
from appliance.features.search import pages as search_pages
from appliance.features.search.follower import IndexFollower
from appliance.features.search.inside import make_find
from appliance.features.search.jobs import REINDEX, reindex_kind
from appliance.features.security_events import access_changes, spool
from appliance.features.security_events import api as security_events_api
from appliance.features.security_events import pages as security_event_pages
from appliance.features.security_events.jobs import sweep_kind as old_events_kind
from appliance.features.security_events.jobs import tell_of_backups
from appliance.features.security_events.security_events import SecurityEvents
from appliance.features.styleguide import pages as styleguide
from appliance.features.trust import pages as trust
from appliance.features.undo import api as undo_api
from appliance.features.undo.jobs import undo_kind
from appliance.features.views import api as views_api
from appliance.features.views.views import Views
from appliance.features.welcome import pages as welcome
from appliance.http.app import create_app
from appliance.http.assets import Assets, make_assets
from appliance.http.hosts import Hosts
from appliance.http.jsonapi.blueprint import make_blueprint, make_resources
from appliance.http.pages.rendering import furnish
from appliance.http.requests import OF_A_STRANGER
from appliance.http.sockets.hub import Hub
from appliance.jobs.due import zone
from appliance.jobs.jobs import Jobs
from appliance.jobs.kind import JobKind
from appliance.jobs.pool import HelperPool
from appliance.jobs.worker import Worker
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.tail import Tail
from appliance.run import installation
from appliance.run.backup.health import BACKUP, VERIFY, BackupHealth
from appliance.run.backup_control import BackupControl
from appliance.run.database_watch import DatabaseWatch
from appliance.run.maintenance import Maintenance
from appliance.run.migrating import check_current, migrate
from appliance.run.process import Process, rss_bytes
from appliance.run.sampling import Sampler
from appliance.run.services import Health, Service
from appliance.run.settings_room import SettingsRoom
from appliance.run.tls.door import HttpsDoor
from appliance.run.web import WebServer

BUILT_IN = {"queue": "database", "sessions": "database", "mail": "none"}
"""Settings with one engine so far: another value is refused, never ignored."""
ENGINES = {"search": ("tantivy",), "cache": ("disk", "memory"), "files": ("local",)} | {
    name: (word,) for name, word in BUILT_IN.items()
}
"""What the settings door offers, beside `database`, which is tried."""


@dataclass(frozen=True)
class House:
    """The parts that need no thread: what a command at the shell works with."""

    settings: Settings
    database: Database
    records: Records
    jobs: Jobs
    files: FileStore
    cache: Cache
    sessions: Sessions
    claim: Claim
    throttle: LoginThrottle
    who: Who
    notices: Notices
    inspector: Inspector
    events: SecurityEvents


def version() -> str:
    return installed_version("ingot")


def open_house(settings: Settings, *, existing: bool = False) -> House:
    """Open the home: create it when it is new, migrate it when it is old. With `existing` there must be an installation. Raises
    StartRefused: with exit code 12 or 13, and having changed nothing, where a database was and is gone or damaged."""
    for name, known in BUILT_IN.items():
        if getattr(settings, name) != known:
            raise unknown(name, getattr(settings, name), known)
    if existing:
        installation.expect(settings)
    if settings.database == "sqlite":
        installation.check_file(settings.home)
    home = settings.home.create()
    with installation.damage_refuses(home):
        database = open_database(settings, make=True)
        if database.dialect != "sqlite":
            installation.check_server(database, home, existing=existing)
        migrate(database, home)
        installation.settle(database, home)
        records = Records(database)
        records.guard("user", last_administrator.check)
        with records.work(SYSTEM) as work:
            accounts.seed_roles(work)
        spool.take_in(database, home.root)
        return _furnished(settings, database, records, open_files(settings), _cache(settings))


def look_at(settings: Settings) -> House:
    """The same for whoever only looks: nothing is made, migrated or written. Raises StartRefused when there is no installation
    (exit code 12), when its database is gone or damaged, and IngotError when it is of another release."""
    installation.expect(settings)
    home = settings.home
    if settings.database == "sqlite":
        installation.check_file(home, inside=False)
        if not home.database.exists() or not home.database.stat().st_size:
            raise installation.nothing_there(home)
    with installation.damage_refuses(home):
        database = open_database(settings, read_only=True)
        if not installation.filled(database):
            raise installation.not_filled(database, home)
        check_current(database, home)
        records = Records(database)
        return _furnished(settings, database, records, open_files(settings, create=False), MemoryCache())


def _furnished(settings: Settings, database: Database, records: Records, files: FileStore, cache: Cache) -> House:
    events, throttle = SecurityEvents(database), LoginThrottle(database)
    sessions = Sessions(database, settings.session_days, settings.session_max_days, events=events)
    access_changes.watch(records)
    inspector = RemoteInspector(HelperPool({"home": str(settings.home.root)}))
    who, notices = Who(records, sessions, events), Notices(records)
    kinds = [
        batch_kind(records, files, who.of_job),
        *import_kinds(apart.run_import, apart.undo_import),
        analysis_kind(inspector, cache, who.of_job),
        export_kind(records, files, who.of_job),
        sweep_kind(records, (sessions, throttle), settings.trash_days),
        *look_kinds(database, files, settings.trash_days),
        *file_kinds(database, files, settings.trash_days),
        *backup_kinds(settings),
        undo_kind(apart.undo, heavy=True),
        purge_kind(records, settings.trash_days),
        old_notices_kind(notices),
        old_events_kind(database, settings.security_event_days),
    ]
    jobs = Jobs(database, DatabaseQueue(database), kinds, timezone=_timezone(settings))
    tell_of_jobs(notices, jobs)
    tell_of_backups(events, jobs, BACKUP)
    return House(
        settings,
        database,
        records,
        jobs,
        files,
        cache,
        sessions,
        Claim(database),
        throttle,
        who,
        notices,
        inspector,
        events,
    )


def backup_kinds(settings: Settings) -> list[JobKind]:
    """The backup, nightly where any are kept, and the weekly look at those that are there; where the records lie in this home."""
    if settings.database != "sqlite":
        return []
    nightly, weekly = ("30 1 * * *", "0 5 * * 0") if settings.backups else (None, None)
    label, again = say("Backup"), say("Verify the backups again")
    return [
        JobKind(BACKUP, apart.back_up, crontab=nightly, heavy=True, attempts=2, label=label, schedulable=True),
        JobKind(VERIFY, apart.verify_backups, crontab=weekly, heavy=True, attempts=2, label=again, schedulable=True),
    ]


def install_demo(house: House) -> None:
    """The CRM pack and its demo records, unless they are there."""
    install_pack(house.records, SYSTEM, read_pack("demo"))


def _timezone(settings: Settings) -> str:
    try:
        zone(settings.timezone)
    except ValueError:
        text = say("The setting timezone is {value}; it must be a name like Europe/Berlin.", value=settings.timezone)
        raise StartRefused(text, SETTINGS_WRONG) from None
    return str(settings.timezone)


def open_search(settings: Settings, *, writer: bool) -> SearchEngine:
    if settings.search == "tantivy":
        return TantivySearch(settings.home.index, writer=writer)
    raise unknown("search", settings.search, "tantivy")


def _cache(settings: Settings) -> Cache:
    if settings.cache == "disk":
        return DiskCache(settings.home.cache)
    if settings.cache == "memory":
        return MemoryCache()
    raise unknown("cache", settings.cache, "disk, memory")


def furnish_early(settings: Settings, process: Process) -> None:
    """What the control door answers also when the rest cannot be opened."""
    BackupControl(settings, process).furnish()
    SettingsRoom(settings, process, functools.partial(open_database, settings), ENGINES).furnish()


def build(house: House, process: Process, only: str | None) -> Sequence[Service]:
    """The services of a running process, in the order in which they start: all of them, or those of one role."""
    settings, records, jobs = house.settings, house.records, house.jobs
    hub, tail = Hub(), Tail(house.database, records)
    live = Live(records, hub, tail, jobs, house.notices)
    house.sessions.on_end(live.look_again)
    engine = open_search(settings, writer=only != "web")
    records.find = make_find(records, engine)
    follower = IndexFollower(house.database, records, engine, writer=only != "web")
    plans = Plans(settings.home.root / "maintenance.json")
    maintenance = Maintenance(plans, jobs, hub)
    parts: list[Part] = [house.events, tail, follower, live]
    process.keep_events(house.events.tell)
    if only != "web":
        jobs.add(reindex_kind(follower))
        parts.append(NoticeFollower(house.database, records, house.notices, house.who.of_user))
        parts.append(Worker(jobs, settings.workers, context={"home": str(settings.home.root)}))
        process.commands["reindex"] = lambda _: {"job": jobs.enqueue(REINDEX, key=REINDEX)}
    traffic = Traffic()
    sampler = Sampler(settings.home.root, traffic.totals, jobs.gauges, process.look)
    https = HttpsDoor(settings, lambda: Box(house.database, settings.timezone).name, public=only != "worker")
    ControlRoom(settings, records, jobs, house.claim, house.throttle, sampler, process, maintenance, https).furnish()
    healths: dict[str, Callable[[], tuple[str, str]]] = {"database": house.database.check}
    healths |= {name_of(part): part.health for part in parts}
    watched: dict[str, Callable[[], Health]] = {}
    if settings.database == "sqlite" and settings.backups:
        watched["backups"] = BackupHealth(settings, jobs).check
    tell = functools.partial(tell_administrators, house.notices, house.database)
    watch = DatabaseWatch(house.database, settings.home, jobs, tell, watched)
    watched["database"] = watch.database
    process.components = lambda: {name: check() for name, check in watched.items()}
    services: list[Service] = [maintenance, *(Running(part) for part in parts), sampler, watch]
    if only != "worker":
        outside = Outside(
            house, engine, hub, live, healths, follower.lag, traffic, plans, process.health,
            https=https, greeting=maintenance.announcement, way_back=lambda: watch.way_back,
        )  # fmt: skip
        limit = max(settings.max_upload, settings.max_body) + (1 << 20)  # what multipart adds around a file
        application = public_door(outside)
        passwords.gate.fit(settings.threads)
        web = WebServer(
            application, settings.host, settings.port, settings.threads, hub,
            max_body=limit, tls=https.keeper, proxies=settings.proxies, stranger_body=OF_A_STRANGER,
        )  # fmt: skip
        services += https.services(web, application)
    return services


@dataclass(frozen=True)
class Outside:
    """What the public door is made of, beside the house."""

    house: House
    engine: SearchEngine
    hub: Hub
    live: Live
    healths: Mapping[str, Callable[[], tuple[str, str]]]
    lag: Callable[[], int]
    traffic: Traffic = field(default_factory=Traffic)
    plans: Plans | None = None
    health: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    started_at: str = field(default_factory=clock.wire_now)
    https: HttpsDoor | None = None
    greeting: Callable[[], str | None] = lambda: None
    way_back: Callable[[], installation.WayBack | None] = lambda: None


def _disk(settings: Settings) -> tuple[int, int]:
    """(total, free) bytes; zeros when the home is gone, which is told elsewhere."""
    try:
        found = shutil.disk_usage(settings.home.root)
    except OSError:
        return 0, 0
    return found.total, found.free


def public_door(parts: Outside) -> Flask:
    """The Flask application with every feature's pages and addresses."""
    house = parts.house
    records, settings, jobs, who = house.records, house.settings, house.jobs, house.who
    traffic, resources = parts.traffic, make_resources(records)
    views, authenticator = Views(records), PasswordAuthenticator(house.database, house.throttle, house.events)
    analyses = Analyses(records, jobs, house.cache, house.files, house.inspector)
    import_desk = Desk(records, jobs, house.files, house.inspector, analyses)
    assets, navigation, box = (
        Assets(),
        Navigation(records, [e for f in FEATURES for e in f.navigation]),
        Box(house.database, settings.timezone),
    )

    def gauges() -> dict[str, float]:
        found = {**jobs.gauges(), "ingot_log_position": records.log.last(), "ingot_index_lag": parts.lag()}
        found |= {"ingot_database_bytes": house.database.size(), "ingot_disk_free_bytes": _disk(settings)[1]}
        return {**found, "ingot_sockets": len(parts.hub.connections), "ingot_memory_bytes": rss_bytes() or 0}

    def facts() -> dict[str, Any]:
        (total, free), files = (
            _disk(settings),
            house.database.rows("SELECT count(*), coalesce(sum(size), 0) FROM ingot_file")[0],
        )
        return {
            "started_at": parts.started_at, "disk_free": free, "disk_total": total, "files": files[0],
            "files_bytes": int(files[1]), "index_lag": parts.lag(), "memory": rss_bytes() or 0,
        }  # fmt: skip

    def components() -> Mapping[str, Mapping[str, Any]]:
        if found := parts.health():
            return found
        checked = {name: check() for name, check in parts.healths.items()}
        return {name: {"state": state, "reason": reason} for name, (state, reason) in checked.items()}

    def way_back() -> tuple[str, str, str] | None:
        found = parts.way_back()
        return (found.backup.name, found.stop, found.command) if found else None

    https, hosts = parts.https, Hosts(settings.hosts, settings.host)
    if https:
        https.tell_names(hosts)

    def extend(app: Flask) -> None:
        traffic.watch(app)
        if parts.plans:
            guard(app, parts.plans)

    return create_app(
        blueprints=[
            make_health(components, gauges, traffic, lambda: bool(parts.plans and parts.plans.current.closed())),
            health_pages.make_pages(records, jobs, components, facts, way_back),
            make_assets(assets),
            openapi_api.make_api(records, house.cache, version=version(), fixed=fixed_paths),
            batch.make_api(records, jobs, house.files),
            imports_api.make_api(import_desk, max_upload=settings.max_upload),
            import_pages.make_pages(import_desk, max_upload=settings.max_upload),
            import_kind_pages.make_pages(import_desk, max_upload=settings.max_upload),
            import_reports.make_pages(import_desk),
            exports_api.make_api(records, jobs, house.events),
            jobs_api.make_api(jobs),
            job_pages.make_pages(records, jobs),
            schedules_api.make_api(jobs),
            search_api.make_api(records, parts.engine),
            files_api.make_api(resources, house.files, max_upload=settings.max_upload),
            make_live(parts.live, parts.hub, who.resolver, parts.greeting),
            schema_api.make_api(records),
            feed.make_api(records),
            identity_api.make_api(records),
            views_api.make_api(records, views),
            undo_api.make_api(records, jobs),
            comments_api.make_api(resources),
            notices_api.make_api(house.notices),
            security_events_api.make_api(house.events.table),
            security_event_pages.make_pages(records, house.events.table),
            notice_pages.make_pages(house.notices, jobs),
            door.make_pages(records, house.sessions, house.claim, authenticator),
            account.make_pages(records, house.sessions, authenticator),
            welcome.make_pages(records, house.sessions, authenticator, box, house.events),
            make_blueprint(records, resources),
            home.make_pages(records),
            styleguide.make_pages(assets),
            help_pages.make_pages(Manual()),
            trust.make_pages(
                lambda: https.trusted() if https else None, lambda: https.port if https else settings.port
            ),
            search_pages.make_pages(records, parts.engine),
            board.make_pages(records, resources.lists),
            forms.make_pages(records, house.files, max_upload=settings.max_upload),
            record_page.make_pages(records, resources.lists),
            grid.make_pages(records, resources.lists),
        ],
        authenticate=who.authenticate,
        hosts=hosts,
        templates=paths.TEMPLATES,
        max_body=settings.max_body,
        rehearsal=records.rehearsal,
        limited=functools.partial(house.database.limited, settings.query_seconds),
        refused=house.events.refused,
        furnish=lambda app: furnish(app, assets, navigation, box, version=version(), log_position=records.log.last),
        extend=extend,
    )


def fixed_paths() -> dict[str, Any]:
    """The paths of all features in the OpenAPI document."""
    return {path: item for feature in FEATURES for path, item in feature.openapi_paths().items()}


class Part(Protocol):
    """What Running puts into the row of services."""

    def start(self) -> None: ...
    def stop(self, deadline: float, /) -> Any: ...
    def health(self) -> tuple[str, str]: ...


def name_of(part: Part) -> str:
    return getattr(part, "name", type(part).__name__.lower())


class Running:
    """Lets a part with start, stop and health of its own stand in the row of services."""

    def __init__(self, part: Part):
        self.name = name_of(part)
        self._part = part

    def start(self) -> None:
        self._part.start()

    def stop(self, deadline_seconds: float) -> None:
        self._part.stop(deadline_seconds)

    def health(self) -> Health:
        return Health(*self._part.health())  # type: ignore[arg-type]
