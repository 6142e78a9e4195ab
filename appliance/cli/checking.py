"""What `ingot check` looks at: the ground, the port, the database read through once, the backups; and, when a server runs, what
that has met."""

from __future__ import annotations

from appliance import assembly
from appliance.base.errors import IngotError, StartRefused
from appliance.base.settings import Settings
from appliance.base.text import Text, say, told
from appliance.engines.database.damage import is_damage
from appliance.features.health.looks import contents
from appliance.features.identity.accounts import shared_emails
from appliance.records.entity import Entity, Field
from appliance.run import installation, preflight
from appliance.run.backup import restoring
from appliance.run.backup.health import BackupHealth
from appliance.run.client import ControlClient
from appliance.run.exit_codes import DATABASE_DAMAGED
from appliance.run.services import Health


def look(settings: Settings, running: ControlClient) -> tuple[dict[str, Health], int]:
    """(how each part does, the exit code). Writes nothing."""
    found = preflight.Ground(settings.home).health()
    if found["home"].state != "down" and (wrong := preflight.unusable(settings.home)) is not None:
        found["home"] = _down(wrong)
    found["port"] = preflight.port(settings.home, settings.host, settings.port)
    try:
        parts, code = _database(settings), 0
    except StartRefused as refused:
        parts, code = {"database": _down(refused.message)}, refused.exit_code
    except Exception as error:
        # whatever the driver raises: a check that ends in a traceback has checked nothing
        parts, code = {"database": _down(_told(settings, error))}, DATABASE_DAMAGED if is_damage(error) else 1
    found |= parts
    found |= {name: health for name, health in _met(running).items() if found.get(name, health).state != "down"}
    return found, code or int(any(h.state == "down" for h in found.values()))


def _told(settings: Settings, error: Exception) -> Text:
    if is_damage(error):
        return installation.damaged(settings.home, error).message
    return error.message if isinstance(error, IngotError) else say(
        "The database cannot be read: {why}", why=str(error).strip()
    )  # fmt: skip


def _database(settings: Settings) -> dict[str, Health]:
    if restoring.broken_off(settings.home):
        return {"database": _down(say("A restore was broken off here; `ingot serve` finishes it."))}
    house = assembly.look_at(settings)
    faults = house.database.inspect(quick=house.database.dialect == "sqlite")  # PostgreSQL's quick look reads no tables
    if faults:
        raise installation.damaged(settings.home, RuntimeError(faults[0]))
    parts = {"database": Health(*house.database.check())}  # type: ignore[arg-type]
    if settings.database == "sqlite" and settings.backups:
        parts["backups"] = BackupHealth(settings, house.jobs).check()
    if lost := [(number, name) for number, name, there in contents(house.database, house.files) if not there]:
        parts["files"] = Health("degraded", told(_lost(lost)))
    if shared := shared_emails(house.database):
        parts["users"] = Health("degraded", told(_shared(shared)))
    if refused := house.records.registry.refused_patterns():
        parts["patterns"] = Health("degraded", told(_refused(refused)))
    return parts


def _lost(files: list[tuple[int, str]]) -> Text:
    return say(
        "The contents of {count} files are gone: {named}. Restore a backup from before, or upload them anew.",
        count=len(files), named=", ".join(f"{number} {name}" for number, name in files[:20]),
    )  # fmt: skip


def _shared(pairs: list[tuple[tuple[int, str], tuple[int, str]]]) -> Text:
    named = "; ".join(f"{first[0]} {first[1]} = {later[0]} {later[1]}" for first, later in pairs)
    return say(
        "These users have the same e-mail address: {named}. The later one cannot sign in until it has another: "
        "`ingot user change-email OLD NEW`, written as it is here.",
        named=named,
    )


def _refused(fields: list[tuple[Entity, Field]]) -> Text:
    return say(
        "The patterns of these fields cannot be applied: {named}. Change them to ones that need no look-ahead or back-reference.",
        named=", ".join(f"{entity.name}.{field.name}" for entity, field in fields),
    )


def _met(running: ControlClient) -> dict[str, Health]:
    """The parts that a running server has found down: it may have met what a look does not."""
    try:
        told_of = running.status()["health"]
    except (IngotError, KeyError):
        return {}
    return {name: Health("down", one["reason"]) for name, one in told_of.items() if one["state"] == "down"}


def _down(text: Text) -> Health:
    return Health("down", told(text))
